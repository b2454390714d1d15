// This file was copied from codegen/templates/db. Do not modify.

//! Sending statements. Replaces the module that cornucopia generates: its clients get a statement
//! whose text they cannot read, so they cannot send it unnamed.

use std::future::Future;

use tokio_postgres::{Error, Row, RowStream, Statement, types::{BorrowToSql, ToSql}};

/// Runs statements of `queries/`.
pub trait GenericClient: Send + Sync {
    /// Prepares a statement on this connection.
    fn prepare(&self, query: &str) -> impl Future<Output = Result<Statement, Error>> + Send;

    /// Runs a statement that returns one row.
    fn query_one(
        &self,
        query: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Row, Error>> + Send;

    /// Runs a statement that returns at most one row.
    fn query_opt(
        &self,
        query: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Option<Row>, Error>> + Send;

    /// Runs a statement that returns any number of rows.
    fn query_raw<I>(
        &self,
        query: &str,
        params: I,
    ) -> impl Future<Output = Result<RowStream, Error>> + Send
    where
        I: ExactSizeIterator + Send,
        I::Item: BorrowToSql;
}

/// Binds the parameters of a statement by their names.
pub trait Params<'c, 'a, 's, P, O, C> {
    /// The statement with its parameters.
    fn params(&'s self, client: &'c C, params: &'a P) -> O;
}

// Generated code calls these. They ignore what was prepared: the client knows it by its text.

pub(crate) async fn one<C: GenericClient>(
    client: &C,
    query: &str,
    params: &[&(dyn ToSql + Sync)],
    _prepared: Option<&Statement>,
) -> Result<Row, Error> {
    client.query_one(query, params).await
}

pub(crate) async fn opt<C: GenericClient>(
    client: &C,
    query: &str,
    params: &[&(dyn ToSql + Sync)],
    _prepared: Option<&Statement>,
) -> Result<Option<Row>, Error> {
    client.query_opt(query, params).await
}

pub(crate) async fn raw<C: GenericClient, I>(
    client: &C,
    query: &str,
    params: I,
    _prepared: Option<&Statement>,
) -> Result<RowStream, Error>
where
    I: ExactSizeIterator + Send,
    I::Item: BorrowToSql,
{
    client.query_raw(query, params).await
}
