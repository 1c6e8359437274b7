//! Questions: what stands before a question mark that is one.

/// Words that ask, and particles at the end of a question.
const ASKING: [&str; 18] = [
    "吗", "呢", "什么", "怎", "谁", "哪", "啥", "咋", "如何", "为何", "几", "多少", "是否", "能否", "可否", "难道", "岂",
    "还是",
];

/// Whether a sentence, in Simplified characters, is a question by one of its words.
pub(super) fn is_asked(sentence: impl Iterator<Item = char>) -> bool {
    let sentence: Vec<char> = sentence.collect();
    let text: String = sentence.iter().collect();
    let word = ASKING.iter().any(|word| text.contains(word));
    // 是不是, 有没有, 满意不满意
    let choice = sentence.windows(3).any(|three| matches!(three, [one, '不' | '没', other] if one == other))
        || sentence.windows(5).any(|five| matches!(five, [a, b, '不' | '没', c, d] if a == c && b == d));
    word || choice || text.ends_with(['吧', '么', '呀', '啊', '嘛'])
}

#[cfg(test)]
mod tests {
    use super::is_asked;

    #[test]
    fn a_question_has_a_word_that_asks() {
        for question in ["钱从哪里来", "群众满意不满意", "这样做行吗", "问题在什么地方，根源", "大家都知道吧", "有没有差距"]
        {
            assert!(is_asked(question.chars()), "{question}");
        }
        for statement in ["检查燃", "不断提高", "没有一户掉队", "任何时候都把群众放在心上"] {
            assert!(!is_asked(statement.chars()), "{statement}");
        }
    }
}
