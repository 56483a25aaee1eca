//! One patient in forty-eight bytes.

use super::names::KeyId;
use super::texts::TextId;
use comptoir_identity::{Attributes, BirthDate, DatedIns, Ins, InsOid, InsRecord, Matricule, PlaceCode, Sex, Standing};

/// A patient: numbers of texts, and everything else packed.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) ins: PackedIns,
    pub(super) id: u32,
    pub(super) birth_name: TextId,
    pub(super) first_given_name: TextId,
    pub(super) given_names: TextId,
    pub(super) usage_name: TextId,
    pub(super) external_id: TextId,
    pub(super) date: PackedDate,
    pub(super) bits: Bits,
    /// The letters of the birth name.
    pub(super) name_key: KeyId,
    /// The first word of the given names; none where it can be taken in several ways.
    pub(super) given_key: KeyId,
}

/// A birth date: year, month and day, 0 for an unknown part; 0 for no date. Ordered as dates are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct PackedDate(pub(super) u32);

impl PackedDate {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn of(date: Option<BirthDate>) -> Self {
        date.map_or(Self::NONE, |date| {
            Self::new(u32::from(date.year()), date.month().unwrap_or(0).into(), date.day().unwrap_or(0).into())
        })
    }

    pub(super) fn new(year: u32, month: u32, day: u32) -> Self {
        Self(year << 9 | month << 5 | day)
    }

    pub(super) fn date(self) -> Option<BirthDate> {
        let part = |value: u32| u8::try_from(value).ok().filter(|value| *value != 0);
        BirthDate::new(u16::try_from(self.year()).ok()?, part(self.month()), part(self.day())).ok()
    }

    pub(super) fn year(self) -> u32 {
        self.0 >> 9
    }

    pub(super) fn month(self) -> u32 {
        self.0 >> 5 & 15
    }

    pub(super) fn day(self) -> u32 {
        self.0 & 31
    }

    pub(super) fn is_complete(self) -> bool {
        self.month() != 0 && self.day() != 0
    }

    /// Whether every part known on both sides agrees, some part being unknown.
    pub(super) fn compatible(self, other: Self) -> bool {
        let agree = |left: u32, right: u32| left == 0 || right == 0 || left == right;
        self.0 != 0
            && self.year() == other.year()
            && agree(self.month(), other.month())
            && agree(self.day(), other.day())
    }
}

/// An INS held, in force or aside, in 56 bits; 0 for none. Attributes stand in the bits above.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct PackedIns(u64);

const NUMBER_BITS: u32 = 50;
const PAIR: u64 = (1 << (NUMBER_BITS + 4)) - 1;
const HIDDEN: u64 = 1 << (NUMBER_BITS + 4);
const HELD: u64 = 1 << (NUMBER_BITS + 5);
const ATTRIBUTES: u32 = NUMBER_BITS + 6;
const OIDS: [InsOid; 4] = [InsOid::Nir, InsOid::Nia, InsOid::NirTest, InsOid::NirDemonstration];
const ALL_ATTRIBUTES: [Attributes; 5] =
    [Attributes::None, Attributes::Homonym, Attributes::Doubtful, Attributes::DoubtfulHomonym, Attributes::Fictitious];

/// The matricule with its authority, as a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Pair(u64);

impl Pair {
    pub(super) fn of(ins: &Ins) -> Self {
        let mut letter = 0_u64;
        let number = ins.matricule().as_str().bytes().fold(0_u64, |number, sign| {
            let digit = match sign {
                b'A' => {
                    letter = 1;
                    0
                }
                b'B' => {
                    letter = 2;
                    0
                }
                digit => u64::from(digit.wrapping_sub(b'0') % 10),
            };
            number * 10 + digit
        });
        let oid = OIDS.iter().zip(0..).find(|(oid, _)| **oid == ins.oid()).map_or(0, |(_, at)| at);
        Self(number | letter << NUMBER_BITS | oid << (NUMBER_BITS + 2))
    }

    fn ins(self) -> Option<Ins> {
        let number = self.0 & ((1 << NUMBER_BITS) - 1);
        let letter = self.0 >> NUMBER_BITS & 3;
        let oid = usize::try_from(self.0 >> (NUMBER_BITS + 2) & 3).ok()?;
        let mut digits = format!("{number:015}");
        if let (Some(corsica), true) = (["", "A", "B"].get(usize::try_from(letter).ok()?), letter != 0) {
            digits.replace_range(6..7, corsica);
        }
        let (number, key) = digits.split_at_checked(13)?;
        let matricule = Matricule::received(number, Some(key)).ok()?.matricule;
        Some(Ins::new(matricule, *OIDS.get(oid)?))
    }
}

impl PackedIns {
    pub(super) fn of(record: &InsRecord, attributes: Attributes) -> Self {
        let held = record
            .held()
            .map_or(0, |held| Pair::of(&held.ins).0 | HELD | if record.hidden().is_some() { HIDDEN } else { 0 });
        let attribute = ALL_ATTRIBUTES.iter().zip(0_u64..).find(|(one, _)| **one == attributes).map_or(0, |(_, at)| at);
        Self(held | attribute << ATTRIBUTES)
    }

    /// The pair, in force or aside.
    pub(super) fn pair(self) -> Option<Pair> {
        (self.0 & HELD != 0).then_some(Pair(self.0 & PAIR))
    }

    pub(super) fn record(self) -> InsRecord {
        let held = self.pair().and_then(Pair::ins).map(DatedIns::from);
        InsRecord::restored(held, self.0 & HIDDEN != 0, Vec::new())
    }

    pub(super) fn attributes(self) -> Attributes {
        let at = usize::try_from(self.0 >> ATTRIBUTES).unwrap_or(0);
        ALL_ATTRIBUTES.get(at).copied().unwrap_or_default()
    }
}

/// Place, sex, the two axes, and what else has to be looked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bits(u32);

const PLACE: u32 = (1 << 26) - 1;
const RETRIEVED: u32 = 1 << 28;
const CHECKED: u32 = 1 << 29;
const MORE: u32 = 1 << 30;
const GONE: u32 = 1 << 31;

impl Bits {
    pub(super) fn of(place: Option<&PlaceCode>, sex: Option<Sex>, standing: Standing, more: bool) -> Self {
        let sex = sex.map_or(0, |sex| match sex {
            Sex::Female => 1,
            Sex::Male => 2,
            Sex::Indeterminate => 3,
        });
        let flag = |set: bool, bit: u32| if set { bit } else { 0 };
        Self(
            place.copied().map_or(0, packed_place)
                | sex << 26
                | flag(standing.ins_retrieved(), RETRIEVED)
                | flag(standing.device_checked(), CHECKED)
                | flag(more, MORE),
        )
    }

    pub(super) fn place(self) -> Option<PlaceCode> {
        let mut rest = self.0 & PLACE;
        if rest == 0 {
            return None;
        }
        let mut code = [0_u8; 5];
        for sign in code.iter_mut().rev() {
            let digit = u8::try_from(rest % 36).ok()?;
            *sign = if digit < 10 { b'0' + digit } else { b'A' + (digit - 10) };
            rest /= 36;
        }
        PlaceCode::parse(std::str::from_utf8(&code).ok()?).ok()
    }

    pub(super) fn sex(self) -> Option<Sex> {
        match self.0 >> 26 & 3 {
            1 => Some(Sex::Female),
            2 => Some(Sex::Male),
            3 => Some(Sex::Indeterminate),
            _ => None,
        }
    }

    pub(super) fn standing(self, attributes: Attributes) -> Option<Standing> {
        Standing::new(self.0 & RETRIEVED != 0, self.0 & CHECKED != 0, attributes).ok()
    }

    /// Whether two rows have the same known place.
    pub(super) fn same_place(self, other: Self) -> bool {
        self.0 & PLACE != 0 && (self.0 ^ other.0) & PLACE == 0
    }

    /// Whether something of this patient stands beside the row: former numbers, a given name in use.
    pub(super) fn has_more(self) -> bool {
        self.0 & MORE != 0
    }

    /// Whether the row was replaced by a newer one, or its record absorbed by another.
    pub(super) fn is_gone(self) -> bool {
        self.0 & GONE != 0
    }

    pub(super) fn gone(self) -> Self {
        Self(self.0 | GONE)
    }
}

/// Five signs 0–9, A–Z in base 36: below 2^26, and 0 for none since 00000 is no code.
fn packed_place(code: PlaceCode) -> u32 {
    code.as_str().bytes().fold(0, |packed, sign| packed * 36 + char::from(sign).to_digit(36).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        for iso in ["1992-11-02", "1992-11-00", "1977-00-03", "1992-00-00", "2024-02-29"] {
            let date = BirthDate::parse_iso(iso).ok();
            assert_eq!(PackedDate::of(date).date(), date, "{iso}");
        }
        for code in ["75056", "2A004", "2B033", "01001", "99352", "98729"] {
            let place = PlaceCode::parse(code).expect("a code");
            for sex in [None, Some(Sex::Female), Some(Sex::Male), Some(Sex::Indeterminate)] {
                let standing = Standing::new(true, false, Attributes::Homonym).expect("allowed");
                let bits = Bits::of(Some(&place), sex, standing, false);
                assert_eq!((bits.place(), bits.sex()), (Some(place), sex), "{code}");
                assert_eq!(bits.standing(Attributes::Homonym), Some(standing), "{code}");
                assert!(!bits.is_gone() && bits.gone().is_gone() && bits.gone().place() == Some(place));
            }
        }
        for (number, key) in
            [("2751263220749", "74"), ("297022A020778", "78"), ("160012B020777", "13"), ("0000000000000", "00")]
        {
            let matricule = Matricule::received(number, Some(key)).expect("a number").matricule;
            for oid in OIDS {
                let ins = Ins::new(matricule, oid);
                for (hidden, attributes) in [(false, Attributes::None), (true, Attributes::Fictitious)] {
                    let record = InsRecord::restored(Some(ins.into()), hidden, Vec::new());
                    let packed = PackedIns::of(&record, attributes);
                    assert_eq!((packed.record(), packed.attributes()), (record, attributes), "{number}");
                    assert_eq!(packed.pair(), Some(Pair::of(&ins)), "{number}");
                }
            }
        }
        assert_eq!(PackedIns::of(&InsRecord::EMPTY, Attributes::Doubtful).pair(), None);
        assert_eq!(size_of::<Row>(), 48);
    }

    #[test]
    fn packed_dates_agree_as_dates_do() {
        let dates = ["1992-11-02", "1992-11-00", "1992-00-02", "1992-00-00", "1992-12-31", "1993-00-00"];
        for left in dates {
            for right in dates {
                let packed = |iso| PackedDate::of(BirthDate::parse_iso(iso).ok());
                let near = comptoir_identity::date_closeness(
                    BirthDate::parse_iso(left).expect("a date"),
                    BirthDate::parse_iso(right).expect("a date"),
                );
                let compatible = near <= comptoir_identity::Closeness::Alike;
                assert_eq!(packed(left).compatible(packed(right)), compatible, "{left} {right}");
            }
        }
    }
}
