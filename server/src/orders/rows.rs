//! The rows of a batch, assigned to its requests.

use orders_db::queries::orders::OrderBorrowed;

use super::{error::Error, order::Order};

/// A row and its request. `place` counts from 1, as `WITH ORDINALITY` does.
pub struct Placed<T> {
    pub place: i64,
    pub row: T,
}

/// Converts the row of an order; for `map` of the generated queries.
pub fn placed_order(row: OrderBorrowed<'_>) -> Placed<Result<Order, Error>> {
    Placed {
        place: row.place,
        row: Order::from_row(&row),
    }
}

/// The row of each request, `None` where there is none. O(requests + rows).
pub fn by_request<T>(requests: usize, rows: impl IntoIterator<Item = Placed<T>>) -> Vec<Option<T>> {
    let mut assigned: Vec<Option<T>> = std::iter::repeat_with(|| None).take(requests).collect();
    for Placed { place, row } in rows {
        if let Some(slot) = index(place).and_then(|index| assigned.get_mut(index)) {
            *slot = Some(row);
        }
    }
    assigned
}

/// All rows of each request, in the order they came. O(requests + rows).
pub fn all_by_request<T>(
    requests: usize,
    rows: impl IntoIterator<Item = Placed<T>>,
) -> Vec<Vec<T>> {
    let mut assigned: Vec<Vec<T>> = std::iter::repeat_with(Vec::new).take(requests).collect();
    for Placed { place, row } in rows {
        if let Some(rows) = index(place).and_then(|index| assigned.get_mut(index)) {
            rows.push(row);
        }
    }
    assigned
}

fn index(place: i64) -> Option<usize> {
    usize::try_from(place).ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_assigned_to_its_request() {
        let rows = |places: &[i64]| {
            let placed = |&place: &i64| Placed { place, row: place };
            places.iter().map(placed).collect::<Vec<_>>()
        };
        assert_eq!(by_request(3, rows(&[3, 1])), [Some(1), None, Some(3)]);
        assert_eq!(by_request(1, rows(&[0, 2, -1, i64::MIN])), [None]);
        assert_eq!(all_by_request(2, rows(&[2, 2, 3])), [vec![], vec![2, 2]]);
    }
}
