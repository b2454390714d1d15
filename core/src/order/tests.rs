use alloc::{format, string::ToString, vec::Vec};

use super::*;

fn if_match(value: &str) -> Precondition {
    value.parse().unwrap()
}

#[test]
fn an_id_has_one_form_in_either_case() {
    let id = "018f6b1c-7d3e-7c4a-9b21-0123456789ab";
    let read = OrderId::new(Uuid::from_u128(0x018f6b1c_7d3e_7c4a_9b21_0123456789ab));
    assert_eq!(id.parse(), Ok(read));
    assert_eq!(id.to_uppercase().parse(), Ok(read));
    assert_eq!(read.to_string(), id);
    for other in [
        "",
        &id.replace('-', ""),
        &format!("{{{id}}}"),
        &id.replace('0', "g"),
    ] {
        assert_eq!(other.parse::<OrderId>(), Err(InvalidOrderId), "{other}");
    }
}

#[test]
fn a_total_may_be_free_or_fill_the_column_but_not_wrap() {
    assert_eq!(TotalCents::try_from(0).map(TotalCents::get), Ok(0));
    let max = TotalCents::try_from(2_147_483_647);
    assert_eq!(max.map(TotalCents::get), Ok(i32::MAX));
    for out in [-1, 2_147_483_648, (1 << 32) + 5, i64::MIN, i64::MAX] {
        let error = TotalCents::try_from(out).unwrap_err();
        assert_eq!(
            error.to_string(),
            "must be an integer from 0 to 2147483647",
            "{out}"
        );
        assert_eq!(out.to_string().parse::<TotalCents>(), Err(error));
    }
}

#[test]
fn a_total_is_read_from_a_json_number_that_is_an_integer() {
    for json in ["1234", "1234.0", "1.234e3"] {
        let total = json.parse::<TotalCents>().map(TotalCents::get);
        assert_eq!(total, Ok(1234), "{json}");
    }
    for json in [
        "", "12.5", "1e10", "-1.0", "\"1234\"", "null", "true", "[]", "+1",
    ] {
        assert!(json.parse::<TotalCents>().is_err(), "{json}");
    }
}

#[test]
fn only_close_writes_an_event() {
    assert_eq!(Transition::Confirm.event_type(), None);
    assert_eq!(Transition::Close.event_type(), Some("orders.closed"));
}

fn order(status: Status, version: i32) -> Snapshot {
    Snapshot {
        status,
        version: Version::new(version).unwrap(),
    }
}

#[test]
fn a_life_runs_from_draft_to_closed_and_ends() {
    let next = |status: Status| -> Vec<_> {
        status
            .allowed_transitions()
            .map(|step| (step.as_str(), step.to()))
            .collect()
    };
    assert_eq!(next(Status::Draft), [("confirm", Status::Confirmed)]);
    assert_eq!(next(Status::Confirmed), [("close", Status::Closed)]);
    assert_eq!(next(Status::Closed), []);
}

#[test]
fn exactly_the_allowed_transitions_are_not_refused() {
    for status in Status::ALL {
        for step in Transition::ALL {
            let refusal = order(status, 3).refusal(step, None);
            let allowed = status.allowed_transitions().any(|allowed| allowed == step);
            assert_eq!(refusal.is_none(), allowed, "{step} {status}");
        }
    }
}

#[test]
fn version_is_judged_before_state() {
    let closed = order(Status::Closed, 3);
    let old = if_match("\"2\"");
    let refusal = closed.refusal(Transition::Confirm, Some(&old)).unwrap();
    assert_eq!(
        refusal,
        Refusal::StaleVersion {
            expected: Version::new(2),
            current: closed
        }
    );
    assert_eq!(refusal.to_string(), "stale version");
}

#[test]
fn weak_tags_are_refused_for_what_they_are() {
    let draft = order(Status::Draft, 1);
    let weak = if_match("W/\"1\"");
    let refusal = draft.refusal(Transition::Confirm, Some(&weak)).unwrap();
    assert_eq!(refusal, Refusal::WeakEntityTag { current: draft });
    let stale = if_match("W/\"1\", \"2\"");
    let refusal = draft.refusal(Transition::Confirm, Some(&stale)).unwrap();
    assert!(matches!(refusal, Refusal::StaleVersion { .. }));
}

#[test]
fn the_right_version_in_the_wrong_state_names_both() {
    let draft = order(Status::Draft, 1);
    for header in ["*", "\"1\"", "\"7\", \"1\""] {
        let met = if_match(header);
        let refusal = draft.refusal(Transition::Close, Some(&met)).unwrap();
        let transition = Transition::Close;
        assert_eq!(
            refusal,
            Refusal::InvalidTransition {
                transition,
                current: draft
            }
        );
        assert_eq!(refusal.to_string(), "cannot close an order that is draft");
    }
}

#[test]
fn a_status_reads_back_only_as_written() {
    for status in Status::ALL {
        assert_eq!(status.as_str().parse(), Ok(status));
    }
    for text in ["", "Draft", " draft", "cancelled"] {
        assert_eq!(text.parse::<Status>(), Err(UnknownStatus));
    }
}
