//! Numbers as people read them: one decimal, thousands apart, a true minus.

use std::fmt::{self, Display, Formatter, Write};

/// A share as a percentage with one decimal.
pub struct Percent(pub f64);

impl Display for Percent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}%", 100.0 * self.0)
    }
}

/// A difference of shares in percentage points, with its sign and one decimal.
pub struct Points(pub f64);

impl Display for Points {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let size = format!("{:.1}", 100.0 * self.0.abs());
        match size.as_str() {
            "0.0" => f.write_str("0.0"),
            _ if self.0 < 0.0 => write!(f, "−{size}"),
            _ => write!(f, "+{size}"),
        }
    }
}

/// A count with its thousands apart.
pub struct Count(pub usize);

impl Display for Count {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_char(',')?;
            }
            f.write_char(digit)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_read_them() {
        assert_eq!([0, 999, 1000, 1234567].map(|n| Count(n).to_string()), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.123, -0.00042, 0.05].map(|n| Points(n).to_string()), ["+12.3", "0.0", "+5.0"]);
        assert_eq!(Points(-0.031).to_string(), "−3.1");
        assert_eq!(Percent(1.0).to_string(), "100.0%");
    }
}
