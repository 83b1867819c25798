//! The functions and filters of the language: their names and how many arguments they take. (Reference, section 10.)

/// How many arguments something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arity {
    pub least: usize,
    /// `None` for any number.
    pub most: Option<usize>,
}

impl Arity {
    pub(super) fn takes(self, count: usize) -> bool {
        count >= self.least && self.most.is_none_or(|most| count <= most)
    }

    /// The number as words: "1 argument", "1 or 2 arguments", "no arguments".
    pub(super) fn described(self) -> String {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        match self.most {
            Some(0) => "no arguments".to_owned(),
            Some(most) if most == self.least => format!("{most} argument{}", plural(most)),
            Some(most) if self.least == 0 => format!("at most {most} argument{}", plural(most)),
            Some(most) => format!("{} to {most} arguments", self.least),
            None => format!("at least {} argument{}", self.least, plural(self.least)),
        }
    }
}

const fn exactly(count: usize) -> Arity {
    Arity {
        least: count,
        most: Some(count),
    }
}

const fn between(least: usize, most: usize) -> Arity {
    Arity { least, most: Some(most) }
}

const fn at_least(least: usize) -> Arity {
    Arity { least, most: None }
}

/// Declares a closed set of names with their arities.
macro_rules! catalogue {
    ($(#[$doc:meta])* $set:ident { $($(#[$item_doc:meta])* $item:ident = $name:literal, $arity:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $set {
            $($(#[$item_doc])* $item,)*
        }

        impl $set {
            /// Every member, in the order of the reference.
            pub const ALL: &'static [$set] = &[$($set::$item,)*];

            /// The name as it is written.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($set::$item => $name,)* }
            }

            /// How many arguments it takes; of a filter, without the value it is applied to.
            #[must_use]
            pub fn arity(self) -> Arity {
                match self { $($set::$item => $arity,)* }
            }

            /// The member of that name.
            #[must_use]
            pub fn by_name(name: &str) -> Option<$set> {
                match name { $($name => Some($set::$item),)* _ => None }
            }
        }
    };
}

catalogue! {
    /// A function: `name(arguments)`.
    Function {
        /// The answer of a decision table; the only function with named arguments.
        Decide = "decide", at_least(1);
        /// A row of a table, or null.
        Table = "table", exactly(2);
        Days = "days", exactly(1);
        Weeks = "weeks", exactly(1);
        Months = "months", exactly(1);
        Hours = "hours", exactly(1);
        Minutes = "minutes", exactly(1);
        Seconds = "seconds", exactly(1);
        BusinessDays = "business_days", exactly(1);
        BusinessHours = "business_hours", exactly(1);
        /// The calendar day of an instant in the zone, or of text such as `2026-01-05`.
        Date = "date", exactly(1);
        /// The time of day of an instant in the zone, or of text such as `08:30`.
        Time = "time", exactly(1);
        /// The moment of a day and a time of day in the zone, or of RFC 3339 text with its offset.
        Instant = "instant", between(1, 2);
        /// The first moment of a day in the zone.
        StartOfDay = "start_of_day", exactly(1);
        /// The last microsecond of a day in the zone, so that `t <= end_of_day(d)` holds all day.
        EndOfDay = "end_of_day", exactly(1);
        /// Business time between two moments, by the calendar.
        BusinessBetween = "business_between", exactly(2);
        /// Whether a moment is in business hours, by the calendar.
        InBusinessHours = "in_business_hours", exactly(1);
        Abs = "abs", exactly(1);
        /// The least of its arguments, or of one list; null of an empty list.
        Min = "min", at_least(1);
        /// The greatest of its arguments, or of one list; null of an empty list.
        Max = "max", at_least(1);
        /// Half to even; without a number of places, to a whole number.
        Round = "round", between(1, 2);
        Floor = "floor", exactly(1);
        Ceil = "ceil", exactly(1);
        /// A decimal from text in plain notation, or from a number.
        Decimal = "decimal", exactly(1);
        /// The smallest angle between two axes, modulo 180.
        AxisOff = "axis_off", exactly(2);
        /// Where two objects differ: a list of `{path, from, to}`; by the given dotted paths, or by every leaf.
        Diff = "diff", between(2, 3);
        /// Random bytes as hexadecimal text, drawn once by the engine and recorded.
        RandomHex = "random_hex", exactly(1);
        /// The salted commitment of a `phi` field.
        HmacRef = "hmac_ref", exactly(1);
    }
}

catalogue! {
    /// A filter: `value | name(arguments)`.
    Filter {
        /// The items for which the expression is true.
        Where = "where", exactly(1);
        Any = "any", exactly(1);
        All = "all", exactly(1);
        /// The expression's value for every item.
        Map = "map", exactly(1);
        /// How many there are, or for how many the expression is true.
        Count = "count", between(0, 1);
        /// The first item, or the first for which the expression is true; null if there is none.
        First = "first", between(0, 1);
        /// The sum of the items, or of the expression's values; 0 of none.
        Sum = "sum", between(0, 1);
        /// A list of `{key, items}`, in the order in which the keys first appear.
        Group = "group", exactly(1);
        /// Ascending, by itself or by the expression's value; equal ones keep their order.
        Sort = "sort", between(0, 1);
        /// Without repetitions of the item or of the expression's value; the first of each stays.
        Unique = "unique", between(0, 1);
        /// Items of a list, fields of an object, characters of a text.
        Length = "length", exactly(0);
        Last = "last", exactly(0);
        /// Text forms of the items with `sep` between.
        Join = "join", between(0, 1);
        Reverse = "reverse", exactly(0);
        /// Items (or characters) from `a` up to and without `b`, counted from 0; what is not there is left out.
        Slice = "slice", between(1, 2);
        Keys = "keys", exactly(0);
        Values = "values", exactly(0);
        Lower = "lower", exactly(0);
        Upper = "upper", exactly(0);
        Trim = "trim", exactly(0);
        Replace = "replace", exactly(2);
        Split = "split", exactly(1);
        StartsWith = "starts_with", exactly(1);
        EndsWith = "ends_with", exactly(1);
        /// Whether the whole text has the form of the regular expression, which is written out.
        Matches = "matches", exactly(1);
        /// The argument when the value is null.
        Default = "default", exactly(1);
        Round = "round", between(0, 1);
        /// An instant (in the zone), date or time by `strftime`; a number by a pattern such as `#,##0.00`.
        Format = "format", exactly(1);
        /// A duration in words.
        Duration = "duration", exactly(0);
        /// The text form; of lists and objects, JSON.
        Text = "text", exactly(0);
    }
}

impl Function {
    /// Whether the answer comes from outside the expression: from tables, recorded draws or salts.
    #[must_use]
    pub fn is_answered_by_scope(self) -> bool {
        matches!(
            self,
            Function::Decide | Function::Table | Function::RandomHex | Function::HmacRef
        )
    }
}

impl Filter {
    /// Whether the first argument is an expression over `item` and `index`, evaluated for each item.
    #[must_use]
    pub fn is_over_items(self) -> bool {
        matches!(
            self,
            Filter::Where
                | Filter::Any
                | Filter::All
                | Filter::Map
                | Filter::Count
                | Filter::First
                | Filter::Sum
                | Filter::Group
                | Filter::Sort
                | Filter::Unique
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_members() {
        for function in Function::ALL {
            assert_eq!(Function::by_name(function.name()), Some(*function));
        }
        for filter in Filter::ALL {
            assert_eq!(Filter::by_name(filter.name()), Some(*filter));
        }
    }

    #[test]
    fn arities_read_as_words() {
        assert_eq!(exactly(0).described(), "no arguments");
        assert_eq!(exactly(1).described(), "1 argument");
        assert_eq!(between(1, 2).described(), "1 to 2 arguments");
        assert_eq!(between(0, 1).described(), "at most 1 argument");
        assert_eq!(at_least(1).described(), "at least 1 argument");
    }
}
