//! Which connection makes room.

use futures_util::FutureExt;

use super::*;

#[tokio::test(start_paused = true)]
async fn the_connection_that_has_waited_longest_makes_room() {
    let table = table(2, usize::MAX);
    let first = table.open().unwrap();
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    let second = table.open().unwrap();
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    let request = first.begin(&get());
    request.handling();
    request.responding(1);
    let _third = table.open().unwrap();
    assert!(!is_evicted(&first), "it has had a response later");
    assert!(is_evicted(&second));
}

#[tokio::test]
async fn a_connection_that_waits_for_the_service_stays() {
    let table = table(1, usize::MAX);
    let first = table.open().unwrap();
    let request = first.begin(&get());
    request.handling();
    assert!(table.open().is_none());
    drop(request);
    assert!(table.open().is_some());
    assert!(is_evicted(&first));
}

#[tokio::test]
async fn a_closed_connection_leaves_its_place() {
    let table = table(1, usize::MAX);
    drop(table.open());
    let second = table.open().unwrap();
    assert!(!is_evicted(&second));
}

#[tokio::test]
async fn the_oldest_memory_makes_room() {
    let table = table(10, 4 * REQUEST_COST);
    let connections = [(); 4].map(|()| table.open().unwrap());
    let handled = connections[0].begin(&get());
    handled.handling();
    let upload = connections[1].begin(&get());
    let unread = connections[2].begin(&get());
    unread.responding(10);
    upload.received(REQUEST_COST - 100);
    assert!(!connections.iter().any(is_evicted));

    let _newest = connections[3].begin(&get());
    let evicted = connections.each_ref().map(is_evicted);
    assert_eq!(evicted, [false, true, false, false]);
    drop((handled, upload, unread, _newest));
    assert_eq!(table.state().buffered, 0);
}

#[tokio::test]
async fn requests_of_a_closed_connection_count_no_more() {
    let table = table(10, 2 * REQUEST_COST);
    let connection = table.open().unwrap();
    let runs_on = connection.begin(&get());
    drop(connection);
    runs_on.received(10 * REQUEST_COST);
    assert_eq!(table.state().buffered, 0);
    runs_on.responding(1);
    drop(runs_on);
    assert!(table.state().requests.is_empty());
}

#[tokio::test]
async fn a_connection_is_idle_without_requests_that_wait_for_a_response() {
    let connection = table(1, usize::MAX).open().unwrap();
    assert!(connection.idle_since().is_some());
    let (responded, reset) = (connection.begin(&get()), connection.begin(&get()));
    responded.handling();
    responded.responding(10);
    assert_eq!(connection.idle_since(), None);
    drop(reset);
    assert!(connection.idle_since().is_some(), "a response is unread");
}

fn table(connections: usize, buffered: usize) -> Arc<Connections> {
    Connections::new(ConnectionLimits {
        connections,
        buffered,
    })
}

fn get() -> Request<()> {
    Request::default()
}

fn is_evicted(connection: &OpenConnection) -> bool {
    connection.evicted().now_or_never().is_some()
}
