//! The functions and filters of the language: their names, what they take and what they give. (Reference, section 10.)

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

/// Declares a closed set of names. A member's documentation is its line in the reference, so each has one.
macro_rules! catalogue {
    ($(#[$doc:meta])* $set:ident { $(#[doc = $meaning:literal] $item:ident = $name:literal $takes:literal, $arity:expr, $gives:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $set {
            $(#[doc = $meaning] $item,)*
        }

        impl $set {
            /// Every member, in the order of the reference.
            pub const ALL: &'static [$set] = &[$($set::$item,)*];

            /// The name as it is written.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($set::$item => $name,)* }
            }

            /// The arguments for a reader, in brackets; those that may be left out end in a question mark.
            #[must_use]
            pub fn takes(self) -> &'static str {
                match self { $($set::$item => $takes,)* }
            }

            /// What kind of value it gives, for a reader.
            #[must_use]
            pub fn gives(self) -> &'static str {
                match self { $($set::$item => $gives,)* }
            }

            /// A line for people, with a full stop.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $($set::$item => $meaning.trim_ascii(),)* }
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
        /// The answer of a decision table; the only function with named arguments. It is kept in the trail.
        Decide = "decide" "(table, input=value, …)", at_least(1), "what the table gives";
        /// A row of a look-up table, or null if there is none with that key.
        Table = "table" "(table, key)", exactly(2), "an object or null";
        /// So many calendar days.
        Days = "days" "(n)", exactly(1), "a duration";
        /// So many calendar weeks.
        Weeks = "weeks" "(n)", exactly(1), "a duration";
        /// So many calendar months.
        Months = "months" "(n)", exactly(1), "a duration";
        /// So many hours, exactly.
        Hours = "hours" "(n)", exactly(1), "a duration";
        /// So many minutes, exactly.
        Minutes = "minutes" "(n)", exactly(1), "a duration";
        /// So many seconds, exactly.
        Seconds = "seconds" "(n)", exactly(1), "a duration";
        /// So many business days, by the calendar.
        BusinessDays = "business_days" "(n)", exactly(1), "a duration";
        /// So many business hours, by the calendar.
        BusinessHours = "business_hours" "(n)", exactly(1), "a duration";
        /// The calendar day of an instant in the zone, or of text such as `2026-01-05`.
        Date = "date" "(x)", exactly(1), "a date";
        /// The time of day of an instant in the zone, or of text such as `08:30`.
        Time = "time" "(x)", exactly(1), "a time";
        /// The moment of a day and a time of day in the zone, or of RFC 3339 text with its offset.
        Instant = "instant" "(date, time?)", between(1, 2), "an instant";
        /// The first moment of a day in the zone.
        StartOfDay = "start_of_day" "(date)", exactly(1), "an instant";
        /// The last microsecond of a day in the zone, so that `t <= end_of_day(d)` holds all day.
        EndOfDay = "end_of_day" "(date)", exactly(1), "an instant";
        /// Business time between two moments, by the calendar.
        BusinessBetween = "business_between" "(from, to)", exactly(2), "a duration";
        /// Whether a moment is in business hours, by the calendar.
        InBusinessHours = "in_business_hours" "(instant)", exactly(1), "a boolean";
        /// A number or an exact duration without its sign.
        Abs = "abs" "(x)", exactly(1), "a number or a duration";
        /// The least of its arguments, or of one list; null of an empty list.
        Min = "min" "(a, …)", at_least(1), "one of them";
        /// The greatest of its arguments, or of one list; null of an empty list.
        Max = "max" "(a, …)", at_least(1), "one of them";
        /// Half to even; without a number of places, to a whole number.
        Round = "round" "(x, places?)", between(1, 2), "an integer; with places a decimal";
        /// The greatest whole number that is not above it.
        Floor = "floor" "(x)", exactly(1), "an integer";
        /// The least whole number that is not below it.
        Ceil = "ceil" "(x)", exactly(1), "an integer";
        /// A decimal from text in plain notation, or from a number.
        Decimal = "decimal" "(x)", exactly(1), "a decimal";
        /// The smallest angle between two axes, modulo 180.
        AxisOff = "axis_off" "(a, b)", exactly(2), "a decimal";
        /// Where two objects differ: a list of `{path, from, to}`; by the given dotted paths, or by every leaf.
        Diff = "diff" "(a, b, paths?)", between(2, 3), "a list of objects";
        /// Random bytes as hexadecimal text, drawn once by the engine and recorded.
        RandomHex = "random_hex" "(bytes)", exactly(1), "text";
        /// The salted commitment of a `phi` field.
        HmacRef = "hmac_ref" "(field)", exactly(1), "text";
    }
}

catalogue! {
    /// A filter: `value | name(arguments)`.
    Filter {
        /// The items for which the expression is true.
        Where = "where" "list (e)", exactly(1), "a list";
        /// Whether the expression is true for one item at least.
        Any = "any" "list (e)", exactly(1), "a boolean";
        /// Whether the expression is true for every item.
        All = "all" "list (e)", exactly(1), "a boolean";
        /// The expression's value for every item.
        Map = "map" "list (e)", exactly(1), "a list";
        /// How many there are, or for how many the expression is true.
        Count = "count" "list (e?)", between(0, 1), "an integer";
        /// The first item, or the first for which the expression is true; null if there is none.
        First = "first" "list (e?)", between(0, 1), "an item or null";
        /// The sum of the items, or of the expression's values; 0 of none.
        Sum = "sum" "list (e?)", between(0, 1), "a number or a duration";
        /// A list of `{key, items}`, in the order in which the keys first appear.
        Group = "group" "list (e)", exactly(1), "a list of objects";
        /// Ascending, by itself or by the expression's value; equal ones keep their order.
        Sort = "sort" "list (e?)", between(0, 1), "a list";
        /// Without repetitions of the item or of the expression's value; the first of each stays.
        Unique = "unique" "list (e?)", between(0, 1), "a list";
        /// Items of a list, fields of an object, characters of a text.
        Length = "length" "list, object or text", exactly(0), "an integer";
        /// The last item; null of an empty list.
        Last = "last" "list", exactly(0), "an item or null";
        /// Text forms of the items with `sep` between.
        Join = "join" "list (sep?)", between(0, 1), "text";
        /// The items in the opposite order.
        Reverse = "reverse" "list", exactly(0), "a list";
        /// Items (or characters) from `a` up to and without `b`, counted from 0; what is not there is left out.
        Slice = "slice" "list or text (a, b?)", between(1, 2), "a list or text";
        /// The names of the fields, in alphabetical order.
        Keys = "keys" "object", exactly(0), "a list of text";
        /// The values of the fields, in the order of their names.
        Values = "values" "object", exactly(0), "a list";
        /// In small letters.
        Lower = "lower" "text", exactly(0), "text";
        /// In capital letters.
        Upper = "upper" "text", exactly(0), "text";
        /// Without blanks at both ends.
        Trim = "trim" "text", exactly(0), "text";
        /// With every `a` replaced by `b`.
        Replace = "replace" "text (a, b)", exactly(2), "text";
        /// The parts between the separators.
        Split = "split" "text (sep)", exactly(1), "a list of text";
        /// Whether it begins with that text.
        StartsWith = "starts_with" "text (s)", exactly(1), "a boolean";
        /// Whether it ends with that text.
        EndsWith = "ends_with" "text (s)", exactly(1), "a boolean";
        /// Whether the whole text has the form of the regular expression, which is written out.
        Matches = "matches" "text (pattern)", exactly(1), "a boolean";
        /// The argument when the value is null.
        Default = "default" "anything (x)", exactly(1), "the value or the argument";
        /// Half to even; without a number of places, to a whole number.
        Round = "round" "number (places?)", between(0, 1), "an integer; with places a decimal";
        /// An instant (in the zone), date or time by `strftime`; a number by a pattern such as `#,##0.00`.
        Format = "format" "instant, date, time or number (pattern)", exactly(1), "text";
        /// A duration in words.
        Duration = "duration" "duration", exactly(0), "text";
        /// The text form; of lists and objects, JSON.
        Text = "text" "anything", exactly(0), "text";
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

    /// The least and the most arguments that the brackets of `takes` show.
    fn shown(takes: &str) -> (usize, Option<usize>) {
        let brackets = takes.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        let arguments: Vec<&str> = brackets.map(|inside| inside.split(", ").collect()).unwrap_or_default();
        let open = arguments.last() == Some(&"…");
        let named = arguments.iter().filter(|argument| argument.contains('=')).count();
        let counted = arguments.len() - usize::from(open) - named;
        let optional = arguments.iter().filter(|argument| argument.ends_with('?')).count();
        (counted - optional, (!open).then_some(counted))
    }

    #[test]
    fn what_is_shown_of_arguments_is_what_is_taken() {
        for function in Function::ALL {
            let arity = function.arity();
            assert_eq!(shown(function.takes()), (arity.least, arity.most), "{}", function.name());
        }
        for filter in Filter::ALL {
            let arity = filter.arity();
            assert_eq!(shown(filter.takes()), (arity.least, arity.most), "{}", filter.name());
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
