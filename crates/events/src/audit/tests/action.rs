//! The texts of actions and outcomes.

use super::{Action, Outcome};
use crate::Decision;

#[test]
fn each_word_is_read_as_it_is_written_and_no_other_is() {
    for action in Action::ALL {
        assert_eq!(action.as_str().parse(), Ok(*action));
        assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
        assert_eq!(serde_json::from_value::<Action>(action.as_str().into()).unwrap(), *action);
    }
    for outcome in Outcome::ALL {
        assert_eq!(outcome.to_string().parse(), Ok(*outcome));
    }
    let error = "Enrol".parse::<Action>().unwrap_err();
    assert!(error.to_string().contains("`enrol`"), "{error}");
}

#[test]
fn a_decision_is_an_outcome_of_the_same_text() {
    for decision in [Decision::Match, Decision::NoMatch, Decision::Ambiguous] {
        assert_eq!(Outcome::from(decision).as_str(), decision.as_str());
        assert_eq!(serde_json::to_value(decision).unwrap(), decision.as_str());
    }
}
