// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct InsertEventsParams<
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::ArraySql<Item = uuid::Uuid>,
    T4: crate::StringSql,
    T5: crate::ArraySql<Item = T4>,
    T6: crate::ArraySql<Item = uuid::Uuid>,
    T7: crate::StringSql,
    T8: crate::ArraySql<Item = T7>,
    T9: crate::ArraySql<Item = time::OffsetDateTime>,
    T10: crate::StringSql,
    T11: crate::ArraySql<Item = Option<T10>>,
> {
    pub tenant_ids: T2,
    pub ids: T3,
    pub event_types: T5,
    pub order_ids: T6,
    pub payloads: T8,
    pub created_ats: T9,
    pub trace_parents: T11,
}
#[derive(Debug)]
pub struct FindWaitingParams<T1: crate::StringSql> {
    pub after: T1,
    pub row_limit: i64,
}
#[derive(Debug)]
pub struct ClaimEventsParams<T1: crate::StringSql> {
    pub lease: f64,
    pub tenant_id: T1,
    pub after_created_at: time::OffsetDateTime,
    pub after_id: uuid::Uuid,
    pub row_limit: i64,
}
#[derive(Debug)]
pub struct MarkPublishedParams<
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::ArraySql<Item = uuid::Uuid>,
> {
    pub tenant_ids: T2,
    pub ids: T3,
}
#[derive(Debug)]
pub struct RecordFailuresParams<
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::ArraySql<Item = uuid::Uuid>,
    T4: crate::ArraySql<Item = time::OffsetDateTime>,
    T5: crate::StringSql,
    T6: crate::ArraySql<Item = T5>,
    T7: crate::ArraySql<Item = f64>,
    T8: crate::ArraySql<Item = bool>,
> {
    pub tenant_ids: T2,
    pub ids: T3,
    pub leases: T4,
    pub errors: T6,
    pub delays: T7,
    pub parks: T8,
}
#[derive(Debug)]
pub struct ReleaseLeasesParams<
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::ArraySql<Item = uuid::Uuid>,
    T4: crate::ArraySql<Item = time::OffsetDateTime>,
    T5: crate::ArraySql<Item = f64>,
> {
    pub tenant_ids: T2,
    pub ids: T3,
    pub leases: T4,
    pub delays: T5,
}
#[derive(Debug)]
pub struct ListEventsParams<T1: crate::StringSql> {
    pub after_tenant_id: T1,
    pub after_id: uuid::Uuid,
    pub row_limit: i64,
}
#[derive(Debug)]
pub struct ListWaitingParams<T1: crate::StringSql> {
    pub after_tenant_id: T1,
    pub after_created_at: time::OffsetDateTime,
    pub after_id: uuid::Uuid,
    pub row_limit: i64,
}
#[derive(Clone, Copy, Debug)]
pub struct ListParkedParams {
    pub after_parked_at: time::OffsetDateTime,
    pub after_id: uuid::Uuid,
    pub row_limit: i64,
}
#[derive(Clone, Copy, Debug)]
pub struct ListPublishedParams {
    pub before_published_at: time::OffsetDateTime,
    pub before_id: uuid::Uuid,
    pub row_limit: i64,
}
#[derive(Debug)]
pub struct ListEventsOfOrderParams<T1: crate::StringSql> {
    pub tenant_id: T1,
    pub order_id: uuid::Uuid,
    pub after_created_at: time::OffsetDateTime,
    pub after_id: uuid::Uuid,
    pub row_limit: i64,
}
#[derive(Debug)]
pub struct LockEventParams<T1: crate::StringSql> {
    pub tenant_id: T1,
    pub id: uuid::Uuid,
}
#[derive(Debug)]
pub struct RetryParkedParams<
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::ArraySql<Item = uuid::Uuid>,
> {
    pub tenant_ids: T2,
    pub ids: T3,
}
#[derive(Clone, Copy, Debug)]
pub struct FindPublishedParams {
    pub retention: f64,
    pub row_limit: i64,
}
#[derive(Debug)]
pub struct PurgePublishedParams<
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::ArraySql<Item = uuid::Uuid>,
> {
    pub tenant_ids: T2,
    pub ids: T3,
}
#[derive(Debug, Clone, PartialEq)]
pub struct FindWaiting {
    pub tenant_id: String,
    pub age: f64,
}
pub struct FindWaitingBorrowed<'a> {
    pub tenant_id: &'a str,
    pub age: f64,
}
impl<'a> From<FindWaitingBorrowed<'a>> for FindWaiting {
    fn from(FindWaitingBorrowed { tenant_id, age }: FindWaitingBorrowed<'a>) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            age,
        }
    }
}
#[derive(Debug, Clone, PartialEq, Copy)]
pub struct CountBacklog {
    pub waiting: i64,
    pub parked: i64,
}
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    pub id: uuid::Uuid,
    pub event_type: String,
    pub order_id: uuid::Uuid,
    pub created_at: time::OffsetDateTime,
    pub payload: String,
    pub trace_parent: Option<String>,
    pub attempts: i32,
    pub lease: time::OffsetDateTime,
}
pub struct ClaimedBorrowed<'a> {
    pub id: uuid::Uuid,
    pub event_type: &'a str,
    pub order_id: uuid::Uuid,
    pub created_at: time::OffsetDateTime,
    pub payload: &'a str,
    pub trace_parent: Option<&'a str>,
    pub attempts: i32,
    pub lease: time::OffsetDateTime,
}
impl<'a> From<ClaimedBorrowed<'a>> for Claimed {
    fn from(
        ClaimedBorrowed {
            id,
            event_type,
            order_id,
            created_at,
            payload,
            trace_parent,
            attempts,
            lease,
        }: ClaimedBorrowed<'a>,
    ) -> Self {
        Self {
            id,
            event_type: event_type.into(),
            order_id,
            created_at,
            payload: payload.into(),
            trace_parent: trace_parent.map(|v| v.into()),
            attempts,
            lease,
        }
    }
}
#[derive(Debug, Clone, PartialEq, Copy)]
pub struct MarkPublished {
    pub created_at: time::OffsetDateTime,
    pub published_at: time::OffsetDateTime,
}
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub tenant_id: String,
    pub id: uuid::Uuid,
    pub event_type: String,
    pub order_id: uuid::Uuid,
    pub created_at: time::OffsetDateTime,
    pub due_at: time::OffsetDateTime,
    pub is_leased: bool,
    pub attempts: i32,
    pub published_at: Option<time::OffsetDateTime>,
    pub parked_at: Option<time::OffsetDateTime>,
    pub last_error: Option<String>,
}
pub struct StoredBorrowed<'a> {
    pub tenant_id: &'a str,
    pub id: uuid::Uuid,
    pub event_type: &'a str,
    pub order_id: uuid::Uuid,
    pub created_at: time::OffsetDateTime,
    pub due_at: time::OffsetDateTime,
    pub is_leased: bool,
    pub attempts: i32,
    pub published_at: Option<time::OffsetDateTime>,
    pub parked_at: Option<time::OffsetDateTime>,
    pub last_error: Option<&'a str>,
}
impl<'a> From<StoredBorrowed<'a>> for Stored {
    fn from(
        StoredBorrowed {
            tenant_id,
            id,
            event_type,
            order_id,
            created_at,
            due_at,
            is_leased,
            attempts,
            published_at,
            parked_at,
            last_error,
        }: StoredBorrowed<'a>,
    ) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            id,
            event_type: event_type.into(),
            order_id,
            created_at,
            due_at,
            is_leased,
            attempts,
            published_at,
            parked_at,
            last_error: last_error.map(|v| v.into()),
        }
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct FindPublished {
    pub tenant_id: String,
    pub id: uuid::Uuid,
}
pub struct FindPublishedBorrowed<'a> {
    pub tenant_id: &'a str,
    pub id: uuid::Uuid,
}
impl<'a> From<FindPublishedBorrowed<'a>> for FindPublished {
    fn from(FindPublishedBorrowed { tenant_id, id }: FindPublishedBorrowed<'a>) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            id,
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct UuidUuidQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<uuid::Uuid, tokio_postgres::Error>,
    mapper: fn(uuid::Uuid) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> UuidUuidQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(uuid::Uuid) -> R) -> UuidUuidQuery<'c, 'a, 's, C, R, N> {
        UuidUuidQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct FindWaitingQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<FindWaitingBorrowed, tokio_postgres::Error>,
    mapper: fn(FindWaitingBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> FindWaitingQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(FindWaitingBorrowed) -> R,
    ) -> FindWaitingQuery<'c, 'a, 's, C, R, N> {
        FindWaitingQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct CountBacklogQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<CountBacklog, tokio_postgres::Error>,
    mapper: fn(CountBacklog) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> CountBacklogQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(CountBacklog) -> R) -> CountBacklogQuery<'c, 'a, 's, C, R, N> {
        CountBacklogQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct ClaimedQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<ClaimedBorrowed, tokio_postgres::Error>,
    mapper: fn(ClaimedBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> ClaimedQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(ClaimedBorrowed) -> R) -> ClaimedQuery<'c, 'a, 's, C, R, N> {
        ClaimedQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct MarkPublishedQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<MarkPublished, tokio_postgres::Error>,
    mapper: fn(MarkPublished) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> MarkPublishedQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(MarkPublished) -> R) -> MarkPublishedQuery<'c, 'a, 's, C, R, N> {
        MarkPublishedQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct StoredQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<StoredBorrowed, tokio_postgres::Error>,
    mapper: fn(StoredBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> StoredQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(StoredBorrowed) -> R) -> StoredQuery<'c, 'a, 's, C, R, N> {
        StoredQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct FindPublishedQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<FindPublishedBorrowed, tokio_postgres::Error>,
    mapper: fn(FindPublishedBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> FindPublishedQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(FindPublishedBorrowed) -> R,
    ) -> FindPublishedQuery<'c, 'a, 's, C, R, N> {
        FindPublishedQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct InsertEventsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn insert_events() -> InsertEventsStmt {
    InsertEventsStmt(
        "INSERT INTO outbox AS e (tenant_id, id, event_type, order_id, payload, created_at, trace_parent) SELECT request.tenant_id, request.id, request.event_type, request.order_id, request.payload::json, request.created_at, request.trace_parent FROM unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[], $7::text[]) AS request (tenant_id, id, event_type, order_id, payload, created_at, trace_parent) RETURNING e.id",
        None,
    )
}
impl InsertEventsStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::StringSql,
        T2: crate::ArraySql<Item = T1>,
        T3: crate::ArraySql<Item = uuid::Uuid>,
        T4: crate::StringSql,
        T5: crate::ArraySql<Item = T4>,
        T6: crate::ArraySql<Item = uuid::Uuid>,
        T7: crate::StringSql,
        T8: crate::ArraySql<Item = T7>,
        T9: crate::ArraySql<Item = time::OffsetDateTime>,
        T10: crate::StringSql,
        T11: crate::ArraySql<Item = Option<T10>>,
    >(
        &'s self,
        client: &'c C,
        tenant_ids: &'a T2,
        ids: &'a T3,
        event_types: &'a T5,
        order_ids: &'a T6,
        payloads: &'a T8,
        created_ats: &'a T9,
        trace_parents: &'a T11,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 7> {
        UuidUuidQuery {
            client,
            params: [
                tenant_ids,
                ids,
                event_types,
                order_ids,
                payloads,
                created_ats,
                trace_parents,
            ],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::ArraySql<Item = uuid::Uuid>,
    T4: crate::StringSql,
    T5: crate::ArraySql<Item = T4>,
    T6: crate::ArraySql<Item = uuid::Uuid>,
    T7: crate::StringSql,
    T8: crate::ArraySql<Item = T7>,
    T9: crate::ArraySql<Item = time::OffsetDateTime>,
    T10: crate::StringSql,
    T11: crate::ArraySql<Item = Option<T10>>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        InsertEventsParams<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>,
        UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 7>,
        C,
    > for InsertEventsStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a InsertEventsParams<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 7> {
        self.bind(
            client,
            &params.tenant_ids,
            &params.ids,
            &params.event_types,
            &params.order_ids,
            &params.payloads,
            &params.created_ats,
            &params.trace_parents,
        )
    }
}
pub struct FindWaitingStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn find_waiting() -> FindWaitingStmt {
    FindWaitingStmt(
        "WITH RECURSIVE waiting AS ( (SELECT e.tenant_id, e.created_at FROM outbox AS e WHERE e.published_at IS NULL AND e.parked_at IS NULL AND e.tenant_id > $1 ORDER BY e.tenant_id, e.created_at, e.id LIMIT 1) UNION ALL SELECT next.tenant_id, next.created_at FROM waiting AS w CROSS JOIN LATERAL ( SELECT e.tenant_id, e.created_at FROM outbox AS e WHERE e.published_at IS NULL AND e.parked_at IS NULL AND e.tenant_id > w.tenant_id ORDER BY e.tenant_id, e.created_at, e.id LIMIT 1) AS next) SELECT w.tenant_id, extract(epoch FROM now() - w.created_at)::float8 AS age FROM waiting AS w LIMIT $2",
        None,
    )
}
impl FindWaitingStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>(
        &'s self,
        client: &'c C,
        after: &'a T1,
        row_limit: &'a i64,
    ) -> FindWaitingQuery<'c, 'a, 's, C, FindWaiting, 2> {
        FindWaitingQuery {
            client,
            params: [after, row_limit],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<FindWaitingBorrowed, tokio_postgres::Error> {
                    Ok(FindWaitingBorrowed {
                        tenant_id: row.try_get(0)?,
                        age: row.try_get(1)?,
                    })
                },
            mapper: |it| FindWaiting::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        FindWaitingParams<T1>,
        FindWaitingQuery<'c, 'a, 's, C, FindWaiting, 2>,
        C,
    > for FindWaitingStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a FindWaitingParams<T1>,
    ) -> FindWaitingQuery<'c, 'a, 's, C, FindWaiting, 2> {
        self.bind(client, &params.after, &params.row_limit)
    }
}
pub struct CountBacklogStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn count_backlog() -> CountBacklogStmt {
    CountBacklogStmt(
        "SELECT (SELECT CASE WHEN counted.n < 10000 THEN counted.n ELSE greatest(counted.n, estimated.reltuples::bigint) END FROM (SELECT count(*) AS n FROM (SELECT FROM outbox AS e WHERE e.published_at IS NULL AND e.parked_at IS NULL LIMIT 10000) AS first) AS counted, pg_class AS estimated WHERE estimated.oid = 'outbox_waiting'::regclass) AS waiting, (SELECT CASE WHEN counted.n < 10000 THEN counted.n ELSE greatest(counted.n, estimated.reltuples::bigint) END FROM (SELECT count(*) AS n FROM (SELECT FROM outbox AS e WHERE e.parked_at IS NOT NULL LIMIT 10000) AS first) AS counted, pg_class AS estimated WHERE estimated.oid = 'outbox_parked'::regclass) AS parked",
        None,
    )
}
impl CountBacklogStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient>(
        &'s self,
        client: &'c C,
    ) -> CountBacklogQuery<'c, 'a, 's, C, CountBacklog, 0> {
        CountBacklogQuery {
            client,
            params: [],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row: &tokio_postgres::Row| -> Result<CountBacklog, tokio_postgres::Error> {
                Ok(CountBacklog {
                    waiting: row.try_get(0)?,
                    parked: row.try_get(1)?,
                })
            },
            mapper: |it| CountBacklog::from(it),
        }
    }
}
pub struct ClaimEventsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn claim_events() -> ClaimEventsStmt {
    ClaimEventsStmt(
        "UPDATE outbox AS e SET due_at = now() + make_interval(secs => $1) WHERE e.tenant_id = $2 AND e.id = ANY (ARRAY( SELECT w.id FROM outbox AS w WHERE w.tenant_id = $2 AND w.published_at IS NULL AND w.parked_at IS NULL AND (w.created_at, w.id) > ($3, $4) AND w.due_at <= now() AND NOT EXISTS ( SELECT FROM outbox AS earlier WHERE earlier.tenant_id = w.tenant_id AND earlier.order_id = w.order_id AND earlier.published_at IS NULL AND (earlier.created_at, earlier.id) < (w.created_at, w.id)) ORDER BY w.created_at, w.id LIMIT $5 FOR UPDATE SKIP LOCKED)) RETURNING e.id, e.event_type, e.order_id, e.created_at, e.payload::text AS payload, e.trace_parent, e.attempts, e.due_at AS lease",
        None,
    )
}
impl ClaimEventsStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>(
        &'s self,
        client: &'c C,
        lease: &'a f64,
        tenant_id: &'a T1,
        after_created_at: &'a time::OffsetDateTime,
        after_id: &'a uuid::Uuid,
        row_limit: &'a i64,
    ) -> ClaimedQuery<'c, 'a, 's, C, Claimed, 5> {
        ClaimedQuery {
            client,
            params: [lease, tenant_id, after_created_at, after_id, row_limit],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<ClaimedBorrowed, tokio_postgres::Error> {
                    Ok(ClaimedBorrowed {
                        id: row.try_get(0)?,
                        event_type: row.try_get(1)?,
                        order_id: row.try_get(2)?,
                        created_at: row.try_get(3)?,
                        payload: row.try_get(4)?,
                        trace_parent: row.try_get(5)?,
                        attempts: row.try_get(6)?,
                        lease: row.try_get(7)?,
                    })
                },
            mapper: |it| Claimed::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ClaimEventsParams<T1>,
        ClaimedQuery<'c, 'a, 's, C, Claimed, 5>,
        C,
    > for ClaimEventsStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ClaimEventsParams<T1>,
    ) -> ClaimedQuery<'c, 'a, 's, C, Claimed, 5> {
        self.bind(
            client,
            &params.lease,
            &params.tenant_id,
            &params.after_created_at,
            &params.after_id,
            &params.row_limit,
        )
    }
}
pub struct MarkPublishedStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn mark_published() -> MarkPublishedStmt {
    MarkPublishedStmt(
        "UPDATE outbox AS e SET published_at = now(), parked_at = NULL FROM unnest($1::text[], $2::uuid[]) AS request (tenant_id, id) WHERE e.tenant_id = request.tenant_id AND e.id = request.id AND e.published_at IS NULL RETURNING e.created_at, e.published_at",
        None,
    )
}
impl MarkPublishedStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::StringSql,
        T2: crate::ArraySql<Item = T1>,
        T3: crate::ArraySql<Item = uuid::Uuid>,
    >(
        &'s self,
        client: &'c C,
        tenant_ids: &'a T2,
        ids: &'a T3,
    ) -> MarkPublishedQuery<'c, 'a, 's, C, MarkPublished, 2> {
        MarkPublishedQuery {
            client,
            params: [tenant_ids, ids],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row: &tokio_postgres::Row| -> Result<MarkPublished, tokio_postgres::Error> {
                Ok(MarkPublished {
                    created_at: row.try_get(0)?,
                    published_at: row.try_get(1)?,
                })
            },
            mapper: |it| MarkPublished::from(it),
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::ArraySql<Item = uuid::Uuid>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        MarkPublishedParams<T1, T2, T3>,
        MarkPublishedQuery<'c, 'a, 's, C, MarkPublished, 2>,
        C,
    > for MarkPublishedStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a MarkPublishedParams<T1, T2, T3>,
    ) -> MarkPublishedQuery<'c, 'a, 's, C, MarkPublished, 2> {
        self.bind(client, &params.tenant_ids, &params.ids)
    }
}
pub struct RecordFailuresStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn record_failures() -> RecordFailuresStmt {
    RecordFailuresStmt(
        "UPDATE outbox AS e SET attempts = e.attempts + 1, last_error = request.error, due_at = now() + make_interval(secs => request.delay), parked_at = CASE WHEN request.park THEN now() END FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::text[], $5::float8[], $6::bool[]) AS request (tenant_id, id, lease, error, delay, park) WHERE e.tenant_id = request.tenant_id AND e.id = request.id AND e.due_at = request.lease AND e.published_at IS NULL RETURNING e.id",
        None,
    )
}
impl RecordFailuresStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::StringSql,
        T2: crate::ArraySql<Item = T1>,
        T3: crate::ArraySql<Item = uuid::Uuid>,
        T4: crate::ArraySql<Item = time::OffsetDateTime>,
        T5: crate::StringSql,
        T6: crate::ArraySql<Item = T5>,
        T7: crate::ArraySql<Item = f64>,
        T8: crate::ArraySql<Item = bool>,
    >(
        &'s self,
        client: &'c C,
        tenant_ids: &'a T2,
        ids: &'a T3,
        leases: &'a T4,
        errors: &'a T6,
        delays: &'a T7,
        parks: &'a T8,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 6> {
        UuidUuidQuery {
            client,
            params: [tenant_ids, ids, leases, errors, delays, parks],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::ArraySql<Item = uuid::Uuid>,
    T4: crate::ArraySql<Item = time::OffsetDateTime>,
    T5: crate::StringSql,
    T6: crate::ArraySql<Item = T5>,
    T7: crate::ArraySql<Item = f64>,
    T8: crate::ArraySql<Item = bool>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        RecordFailuresParams<T1, T2, T3, T4, T5, T6, T7, T8>,
        UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 6>,
        C,
    > for RecordFailuresStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a RecordFailuresParams<T1, T2, T3, T4, T5, T6, T7, T8>,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 6> {
        self.bind(
            client,
            &params.tenant_ids,
            &params.ids,
            &params.leases,
            &params.errors,
            &params.delays,
            &params.parks,
        )
    }
}
pub struct ReleaseLeasesStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn release_leases() -> ReleaseLeasesStmt {
    ReleaseLeasesStmt(
        "UPDATE outbox AS e SET due_at = now() + make_interval(secs => request.delay) FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::float8[]) AS request (tenant_id, id, lease, delay) WHERE e.tenant_id = request.tenant_id AND e.id = request.id AND e.due_at = request.lease AND e.published_at IS NULL RETURNING e.id",
        None,
    )
}
impl ReleaseLeasesStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::StringSql,
        T2: crate::ArraySql<Item = T1>,
        T3: crate::ArraySql<Item = uuid::Uuid>,
        T4: crate::ArraySql<Item = time::OffsetDateTime>,
        T5: crate::ArraySql<Item = f64>,
    >(
        &'s self,
        client: &'c C,
        tenant_ids: &'a T2,
        ids: &'a T3,
        leases: &'a T4,
        delays: &'a T5,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 4> {
        UuidUuidQuery {
            client,
            params: [tenant_ids, ids, leases, delays],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::ArraySql<Item = uuid::Uuid>,
    T4: crate::ArraySql<Item = time::OffsetDateTime>,
    T5: crate::ArraySql<Item = f64>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ReleaseLeasesParams<T1, T2, T3, T4, T5>,
        UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 4>,
        C,
    > for ReleaseLeasesStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ReleaseLeasesParams<T1, T2, T3, T4, T5>,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 4> {
        self.bind(
            client,
            &params.tenant_ids,
            &params.ids,
            &params.leases,
            &params.delays,
        )
    }
}
pub struct ListEventsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn list_events() -> ListEventsStmt {
    ListEventsStmt(
        "SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at, greatest(e.due_at, e.created_at) AS due_at, e.due_at > now() AS is_leased, e.attempts, e.published_at, e.parked_at, e.last_error FROM outbox AS e WHERE (e.tenant_id, e.id) > ($1, $2) ORDER BY e.tenant_id, e.id LIMIT $3",
        None,
    )
}
impl ListEventsStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>(
        &'s self,
        client: &'c C,
        after_tenant_id: &'a T1,
        after_id: &'a uuid::Uuid,
        row_limit: &'a i64,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 3> {
        StoredQuery {
            client,
            params: [after_tenant_id, after_id, row_limit],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<StoredBorrowed, tokio_postgres::Error> {
                    Ok(StoredBorrowed {
                        tenant_id: row.try_get(0)?,
                        id: row.try_get(1)?,
                        event_type: row.try_get(2)?,
                        order_id: row.try_get(3)?,
                        created_at: row.try_get(4)?,
                        due_at: row.try_get(5)?,
                        is_leased: row.try_get(6)?,
                        attempts: row.try_get(7)?,
                        published_at: row.try_get(8)?,
                        parked_at: row.try_get(9)?,
                        last_error: row.try_get(10)?,
                    })
                },
            mapper: |it| Stored::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ListEventsParams<T1>,
        StoredQuery<'c, 'a, 's, C, Stored, 3>,
        C,
    > for ListEventsStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ListEventsParams<T1>,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 3> {
        self.bind(
            client,
            &params.after_tenant_id,
            &params.after_id,
            &params.row_limit,
        )
    }
}
pub struct ListWaitingStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn list_waiting() -> ListWaitingStmt {
    ListWaitingStmt(
        "SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at, greatest(e.due_at, e.created_at) AS due_at, e.due_at > now() AS is_leased, e.attempts, e.published_at, e.parked_at, e.last_error FROM outbox AS e WHERE e.published_at IS NULL AND e.parked_at IS NULL AND (e.tenant_id, e.created_at, e.id) > ($1, $2, $3) ORDER BY e.tenant_id, e.created_at, e.id LIMIT $4",
        None,
    )
}
impl ListWaitingStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>(
        &'s self,
        client: &'c C,
        after_tenant_id: &'a T1,
        after_created_at: &'a time::OffsetDateTime,
        after_id: &'a uuid::Uuid,
        row_limit: &'a i64,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 4> {
        StoredQuery {
            client,
            params: [after_tenant_id, after_created_at, after_id, row_limit],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<StoredBorrowed, tokio_postgres::Error> {
                    Ok(StoredBorrowed {
                        tenant_id: row.try_get(0)?,
                        id: row.try_get(1)?,
                        event_type: row.try_get(2)?,
                        order_id: row.try_get(3)?,
                        created_at: row.try_get(4)?,
                        due_at: row.try_get(5)?,
                        is_leased: row.try_get(6)?,
                        attempts: row.try_get(7)?,
                        published_at: row.try_get(8)?,
                        parked_at: row.try_get(9)?,
                        last_error: row.try_get(10)?,
                    })
                },
            mapper: |it| Stored::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ListWaitingParams<T1>,
        StoredQuery<'c, 'a, 's, C, Stored, 4>,
        C,
    > for ListWaitingStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ListWaitingParams<T1>,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 4> {
        self.bind(
            client,
            &params.after_tenant_id,
            &params.after_created_at,
            &params.after_id,
            &params.row_limit,
        )
    }
}
pub struct ListParkedStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn list_parked() -> ListParkedStmt {
    ListParkedStmt(
        "SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at, greatest(e.due_at, e.created_at) AS due_at, e.due_at > now() AS is_leased, e.attempts, e.published_at, e.parked_at, e.last_error FROM outbox AS e WHERE e.parked_at IS NOT NULL AND (e.parked_at, e.id) > ($1, $2) ORDER BY e.parked_at, e.id LIMIT $3",
        None,
    )
}
impl ListParkedStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient>(
        &'s self,
        client: &'c C,
        after_parked_at: &'a time::OffsetDateTime,
        after_id: &'a uuid::Uuid,
        row_limit: &'a i64,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 3> {
        StoredQuery {
            client,
            params: [after_parked_at, after_id, row_limit],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<StoredBorrowed, tokio_postgres::Error> {
                    Ok(StoredBorrowed {
                        tenant_id: row.try_get(0)?,
                        id: row.try_get(1)?,
                        event_type: row.try_get(2)?,
                        order_id: row.try_get(3)?,
                        created_at: row.try_get(4)?,
                        due_at: row.try_get(5)?,
                        is_leased: row.try_get(6)?,
                        attempts: row.try_get(7)?,
                        published_at: row.try_get(8)?,
                        parked_at: row.try_get(9)?,
                        last_error: row.try_get(10)?,
                    })
                },
            mapper: |it| Stored::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ListParkedParams,
        StoredQuery<'c, 'a, 's, C, Stored, 3>,
        C,
    > for ListParkedStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ListParkedParams,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 3> {
        self.bind(
            client,
            &params.after_parked_at,
            &params.after_id,
            &params.row_limit,
        )
    }
}
pub struct ListPublishedStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn list_published() -> ListPublishedStmt {
    ListPublishedStmt(
        "SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at, greatest(e.due_at, e.created_at) AS due_at, e.due_at > now() AS is_leased, e.attempts, e.published_at, e.parked_at, e.last_error FROM outbox AS e WHERE e.published_at IS NOT NULL AND (e.published_at, e.id) < ($1, $2) ORDER BY e.published_at DESC, e.id DESC LIMIT $3",
        None,
    )
}
impl ListPublishedStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient>(
        &'s self,
        client: &'c C,
        before_published_at: &'a time::OffsetDateTime,
        before_id: &'a uuid::Uuid,
        row_limit: &'a i64,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 3> {
        StoredQuery {
            client,
            params: [before_published_at, before_id, row_limit],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<StoredBorrowed, tokio_postgres::Error> {
                    Ok(StoredBorrowed {
                        tenant_id: row.try_get(0)?,
                        id: row.try_get(1)?,
                        event_type: row.try_get(2)?,
                        order_id: row.try_get(3)?,
                        created_at: row.try_get(4)?,
                        due_at: row.try_get(5)?,
                        is_leased: row.try_get(6)?,
                        attempts: row.try_get(7)?,
                        published_at: row.try_get(8)?,
                        parked_at: row.try_get(9)?,
                        last_error: row.try_get(10)?,
                    })
                },
            mapper: |it| Stored::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ListPublishedParams,
        StoredQuery<'c, 'a, 's, C, Stored, 3>,
        C,
    > for ListPublishedStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ListPublishedParams,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 3> {
        self.bind(
            client,
            &params.before_published_at,
            &params.before_id,
            &params.row_limit,
        )
    }
}
pub struct ListEventsOfOrderStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn list_events_of_order() -> ListEventsOfOrderStmt {
    ListEventsOfOrderStmt(
        "SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at, greatest(e.due_at, e.created_at) AS due_at, e.due_at > now() AS is_leased, e.attempts, e.published_at, e.parked_at, e.last_error FROM outbox AS e WHERE e.tenant_id = $1 AND e.order_id = $2 AND (e.created_at, e.id) > ($3, $4) ORDER BY e.created_at, e.id LIMIT $5",
        None,
    )
}
impl ListEventsOfOrderStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>(
        &'s self,
        client: &'c C,
        tenant_id: &'a T1,
        order_id: &'a uuid::Uuid,
        after_created_at: &'a time::OffsetDateTime,
        after_id: &'a uuid::Uuid,
        row_limit: &'a i64,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 5> {
        StoredQuery {
            client,
            params: [tenant_id, order_id, after_created_at, after_id, row_limit],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<StoredBorrowed, tokio_postgres::Error> {
                    Ok(StoredBorrowed {
                        tenant_id: row.try_get(0)?,
                        id: row.try_get(1)?,
                        event_type: row.try_get(2)?,
                        order_id: row.try_get(3)?,
                        created_at: row.try_get(4)?,
                        due_at: row.try_get(5)?,
                        is_leased: row.try_get(6)?,
                        attempts: row.try_get(7)?,
                        published_at: row.try_get(8)?,
                        parked_at: row.try_get(9)?,
                        last_error: row.try_get(10)?,
                    })
                },
            mapper: |it| Stored::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ListEventsOfOrderParams<T1>,
        StoredQuery<'c, 'a, 's, C, Stored, 5>,
        C,
    > for ListEventsOfOrderStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ListEventsOfOrderParams<T1>,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 5> {
        self.bind(
            client,
            &params.tenant_id,
            &params.order_id,
            &params.after_created_at,
            &params.after_id,
            &params.row_limit,
        )
    }
}
pub struct LockEventStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn lock_event() -> LockEventStmt {
    LockEventStmt(
        "SELECT e.tenant_id, e.id, e.event_type, e.order_id, e.created_at, greatest(e.due_at, e.created_at) AS due_at, e.due_at > now() AS is_leased, e.attempts, e.published_at, e.parked_at, e.last_error FROM outbox AS e WHERE e.tenant_id = $1 AND e.id = $2 FOR UPDATE",
        None,
    )
}
impl LockEventStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>(
        &'s self,
        client: &'c C,
        tenant_id: &'a T1,
        id: &'a uuid::Uuid,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 2> {
        StoredQuery {
            client,
            params: [tenant_id, id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<StoredBorrowed, tokio_postgres::Error> {
                    Ok(StoredBorrowed {
                        tenant_id: row.try_get(0)?,
                        id: row.try_get(1)?,
                        event_type: row.try_get(2)?,
                        order_id: row.try_get(3)?,
                        created_at: row.try_get(4)?,
                        due_at: row.try_get(5)?,
                        is_leased: row.try_get(6)?,
                        attempts: row.try_get(7)?,
                        published_at: row.try_get(8)?,
                        parked_at: row.try_get(9)?,
                        last_error: row.try_get(10)?,
                    })
                },
            mapper: |it| Stored::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        LockEventParams<T1>,
        StoredQuery<'c, 'a, 's, C, Stored, 2>,
        C,
    > for LockEventStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a LockEventParams<T1>,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 2> {
        self.bind(client, &params.tenant_id, &params.id)
    }
}
pub struct RetryParkedStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn retry_parked() -> RetryParkedStmt {
    RetryParkedStmt(
        "UPDATE outbox AS e SET parked_at = NULL, attempts = 0, due_at = now() FROM unnest($1::text[], $2::uuid[]) AS request (tenant_id, id) WHERE e.tenant_id = request.tenant_id AND e.id = request.id AND e.parked_at IS NOT NULL RETURNING e.tenant_id, e.id, e.event_type, e.order_id, e.created_at, e.due_at, false AS is_leased, e.attempts, e.published_at, e.parked_at, e.last_error",
        None,
    )
}
impl RetryParkedStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::StringSql,
        T2: crate::ArraySql<Item = T1>,
        T3: crate::ArraySql<Item = uuid::Uuid>,
    >(
        &'s self,
        client: &'c C,
        tenant_ids: &'a T2,
        ids: &'a T3,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 2> {
        StoredQuery {
            client,
            params: [tenant_ids, ids],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<StoredBorrowed, tokio_postgres::Error> {
                    Ok(StoredBorrowed {
                        tenant_id: row.try_get(0)?,
                        id: row.try_get(1)?,
                        event_type: row.try_get(2)?,
                        order_id: row.try_get(3)?,
                        created_at: row.try_get(4)?,
                        due_at: row.try_get(5)?,
                        is_leased: row.try_get(6)?,
                        attempts: row.try_get(7)?,
                        published_at: row.try_get(8)?,
                        parked_at: row.try_get(9)?,
                        last_error: row.try_get(10)?,
                    })
                },
            mapper: |it| Stored::from(it),
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::ArraySql<Item = uuid::Uuid>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        RetryParkedParams<T1, T2, T3>,
        StoredQuery<'c, 'a, 's, C, Stored, 2>,
        C,
    > for RetryParkedStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a RetryParkedParams<T1, T2, T3>,
    ) -> StoredQuery<'c, 'a, 's, C, Stored, 2> {
        self.bind(client, &params.tenant_ids, &params.ids)
    }
}
pub struct FindPublishedStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn find_published() -> FindPublishedStmt {
    FindPublishedStmt(
        "SELECT e.tenant_id, e.id FROM outbox AS e WHERE e.published_at < now() - make_interval(secs => $1) ORDER BY e.published_at LIMIT $2",
        None,
    )
}
impl FindPublishedStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient>(
        &'s self,
        client: &'c C,
        retention: &'a f64,
        row_limit: &'a i64,
    ) -> FindPublishedQuery<'c, 'a, 's, C, FindPublished, 2> {
        FindPublishedQuery {
            client,
            params: [retention, row_limit],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<FindPublishedBorrowed, tokio_postgres::Error> {
                    Ok(FindPublishedBorrowed {
                        tenant_id: row.try_get(0)?,
                        id: row.try_get(1)?,
                    })
                },
            mapper: |it| FindPublished::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        FindPublishedParams,
        FindPublishedQuery<'c, 'a, 's, C, FindPublished, 2>,
        C,
    > for FindPublishedStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a FindPublishedParams,
    ) -> FindPublishedQuery<'c, 'a, 's, C, FindPublished, 2> {
        self.bind(client, &params.retention, &params.row_limit)
    }
}
pub struct PurgePublishedStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn purge_published() -> PurgePublishedStmt {
    PurgePublishedStmt(
        "DELETE FROM outbox AS e USING unnest($1::text[], $2::uuid[]) AS request (tenant_id, id) WHERE e.tenant_id = request.tenant_id AND e.id = request.id AND e.published_at IS NOT NULL RETURNING e.id",
        None,
    )
}
impl PurgePublishedStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::StringSql,
        T2: crate::ArraySql<Item = T1>,
        T3: crate::ArraySql<Item = uuid::Uuid>,
    >(
        &'s self,
        client: &'c C,
        tenant_ids: &'a T2,
        ids: &'a T3,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 2> {
        UuidUuidQuery {
            client,
            params: [tenant_ids, ids],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::ArraySql<Item = uuid::Uuid>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        PurgePublishedParams<T1, T2, T3>,
        UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 2>,
        C,
    > for PurgePublishedStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a PurgePublishedParams<T1, T2, T3>,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 2> {
        self.bind(client, &params.tenant_ids, &params.ids)
    }
}
/// The text of each statement of this file, and the types of its parameters.
pub fn statements() -> Vec<(&'static str, &'static [postgres_types::Type])> {
    use postgres_types::Type;
    vec![
        (
            insert_events().0,
            &[
                Type::TEXT_ARRAY,
                Type::UUID_ARRAY,
                Type::TEXT_ARRAY,
                Type::UUID_ARRAY,
                Type::TEXT_ARRAY,
                Type::TIMESTAMPTZ_ARRAY,
                Type::TEXT_ARRAY,
            ] as &[Type],
        ),
        (find_waiting().0, &[Type::TEXT, Type::INT8] as &[Type]),
        (count_backlog().0, &[] as &[Type]),
        (
            claim_events().0,
            &[
                Type::FLOAT8,
                Type::TEXT,
                Type::TIMESTAMPTZ,
                Type::UUID,
                Type::INT8,
            ] as &[Type],
        ),
        (
            mark_published().0,
            &[Type::TEXT_ARRAY, Type::UUID_ARRAY] as &[Type],
        ),
        (
            record_failures().0,
            &[
                Type::TEXT_ARRAY,
                Type::UUID_ARRAY,
                Type::TIMESTAMPTZ_ARRAY,
                Type::TEXT_ARRAY,
                Type::FLOAT8_ARRAY,
                Type::BOOL_ARRAY,
            ] as &[Type],
        ),
        (
            release_leases().0,
            &[
                Type::TEXT_ARRAY,
                Type::UUID_ARRAY,
                Type::TIMESTAMPTZ_ARRAY,
                Type::FLOAT8_ARRAY,
            ] as &[Type],
        ),
        (
            list_events().0,
            &[Type::TEXT, Type::UUID, Type::INT8] as &[Type],
        ),
        (
            list_waiting().0,
            &[Type::TEXT, Type::TIMESTAMPTZ, Type::UUID, Type::INT8] as &[Type],
        ),
        (
            list_parked().0,
            &[Type::TIMESTAMPTZ, Type::UUID, Type::INT8] as &[Type],
        ),
        (
            list_published().0,
            &[Type::TIMESTAMPTZ, Type::UUID, Type::INT8] as &[Type],
        ),
        (
            list_events_of_order().0,
            &[
                Type::TEXT,
                Type::UUID,
                Type::TIMESTAMPTZ,
                Type::UUID,
                Type::INT8,
            ] as &[Type],
        ),
        (lock_event().0, &[Type::TEXT, Type::UUID] as &[Type]),
        (
            retry_parked().0,
            &[Type::TEXT_ARRAY, Type::UUID_ARRAY] as &[Type],
        ),
        (find_published().0, &[Type::FLOAT8, Type::INT8] as &[Type]),
        (
            purge_published().0,
            &[Type::TEXT_ARRAY, Type::UUID_ARRAY] as &[Type],
        ),
    ]
}
