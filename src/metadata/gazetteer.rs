//! The administrative units of China, by name.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::Level;

/// The units and what they lie in, in the format that the file's head describes.
const FILE: &str = include_str!("gazetteer.txt");

/// A unit: a place with one name and one parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub name: &'static str,
    pub level: Level,
    /// The province it lies in; none for a province.
    pub province: Option<&'static str>,
    /// The prefecture it lies in; none above counties and for counties that belong to the province itself.
    pub city: Option<&'static str>,
    /// Whether it is no more.
    pub former: bool,
}

/// All units by their full names and short forms.
pub(super) struct Gazetteer {
    places: FxHashMap<&'static str, Vec<Place>>,
    longest: usize,
}

/// The gazetteer, read when it is first asked for.
pub(super) fn gazetteer() -> &'static Gazetteer {
    static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(|| Gazetteer::parse(FILE));
    &GAZETTEER
}

impl Gazetteer {
    fn parse(file: &'static str) -> Self {
        let mut gazetteer = Self { places: FxHashMap::default(), longest: 0 };
        let mut province = None;
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            match line.strip_prefix(' ') {
                None => province = gazetteer.add(line, Level::Province, None, None),
                Some(line) => {
                    let mut words = line.split(' ');
                    let city = words
                        .next()
                        .filter(|&word| word != "-")
                        .and_then(|word| gazetteer.add(word, Level::City, province, None));
                    for word in words {
                        gazetteer.add(word, Level::County, province, city);
                    }
                }
            }
        }
        gazetteer
    }

    /// Takes in one entry of the file, and gives back its full name.
    fn add(
        &mut self,
        entry: &'static str,
        level: Level,
        province: Option<&'static str>,
        city: Option<&'static str>,
    ) -> Option<&'static str> {
        let (former, entry) = match entry.strip_prefix('~') {
            Some(entry) => (true, entry),
            None => (false, entry),
        };
        let (name, short) = entry.split_once('=').map_or((entry, None), |(name, short)| (name, Some(short)));
        let place = Place { name, level, province, city, former };
        for key in std::iter::once(name).chain(short) {
            self.longest = self.longest.max(key.chars().count());
            self.places.entry(key).or_default().push(place);
        }
        Some(name)
    }

    /// The places that a name may mean. Places of today come before all others: where there are any, no former one is meant.
    pub fn find(&self, name: &str) -> impl Iterator<Item = Place> + Clone + '_ {
        let places = self.places.get(name).map_or(&[][..], Vec::as_slice);
        let any_today = places.iter().any(|place| !place.former);
        places.iter().copied().filter(move |place| !place.former || !any_today)
    }

    /// The longest name that `text` begins with.
    pub fn prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        let ends: Vec<usize> = text.char_indices().take(self.longest).map(|(at, c)| at + c.len_utf8()).collect();
        ends.into_iter().rev().filter_map(|end| text.get(..end)).find(|&name| self.places.contains_key(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Place> {
        gazetteer().places.iter().flat_map(|(&key, places)| places.iter().filter(move |place| place.name == key).copied())
    }

    fn today(level: Level) -> usize {
        all().filter(|place| place.level == level && !place.former).count()
    }

    #[test]
    fn it_is_whole() {
        assert_eq!(today(Level::Province), 34);
        assert_eq!(today(Level::City), 333);
        assert!((2830..=2900).contains(&today(Level::County)), "{}", today(Level::County));
    }

    #[test]
    fn every_name_ends_as_a_unit_of_its_level_does() {
        for place in all() {
            let ends: &[char] = match place.level {
                Level::Province => &['省', '市', '区'],
                Level::City => &['市', '州', '区', '盟'],
                _ => &['市', '县', '区', '旗', '州'],
            };
            assert!(place.name.ends_with(ends), "{place:?}");
            assert_eq!(place.province.is_none(), place.level == Level::Province, "{place:?}");
        }
    }

    #[test]
    fn names_may_mean_several_places() {
        let parents = |name| gazetteer().find(name).filter_map(|place| place.city).collect::<Vec<_>>();
        assert_eq!(parents("浑南区"), ["沈阳市"]);
        assert_eq!(parents("恩施市"), ["恩施土家族苗族自治州"]);
        assert!(parents("新华区").len() > 2);
        assert_eq!(gazetteer().find("重庆市").map(|place| place.level).collect::<Vec<_>>(), [Level::Province]);
        assert_eq!(gazetteer().find("恩施州").count(), 1);
        assert_eq!(gazetteer().find("无此县").count(), 0);
    }

    #[test]
    fn the_longest_name_is_taken() {
        assert_eq!(gazetteer().prefix("吉林省吉林市"), Some("吉林省"));
        assert_eq!(gazetteer().prefix("吉林好"), Some("吉林"));
        assert_eq!(gazetteer().prefix("人民"), None);
    }
}
