// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct FindKeysParams<
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::ArraySql<Item = T2>,
    T4: crate::StringSql,
    T5: crate::ArraySql<Item = T4>,
> {
    pub rls_tenants: T1,
    pub tenant_ids: T3,
    pub keys: T5,
    pub key_lifetime: f64,
}
#[derive(Debug)]
pub struct ClaimKeysParams<
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::StringSql,
    T4: crate::ArraySql<Item = T3>,
    T5: crate::BytesSql,
    T6: crate::ArraySql<Item = T5>,
    T7: crate::ArraySql<Item = uuid::Uuid>,
    T8: crate::StringSql,
    T9: crate::ArraySql<Item = T8>,
> {
    pub created_at: time::OffsetDateTime,
    pub tenant_ids: T2,
    pub keys: T4,
    pub fingerprints: T6,
    pub ids: T7,
    pub responses: T9,
    pub key_lifetime: f64,
}
#[derive(Clone, Copy, Debug)]
pub struct FindExpiredKeysParams {
    pub max_age: f64,
    pub row_limit: i64,
}
#[derive(Debug)]
pub struct PurgeExpiredKeysParams<
    T1: crate::StringSql,
    T2: crate::ArraySql<Item = T1>,
    T3: crate::StringSql,
    T4: crate::ArraySql<Item = T3>,
> {
    pub tenant_ids: T2,
    pub keys: T4,
    pub max_age: f64,
}
#[derive(Debug, Clone, PartialEq)]
pub struct FoundKey {
    pub place: i64,
    pub now: time::OffsetDateTime,
    pub order_id: Option<uuid::Uuid>,
    pub fingerprint: Option<Vec<u8>>,
    pub response: Option<String>,
}
pub struct FoundKeyBorrowed<'a> {
    pub place: i64,
    pub now: time::OffsetDateTime,
    pub order_id: Option<uuid::Uuid>,
    pub fingerprint: Option<&'a [u8]>,
    pub response: Option<&'a str>,
}
impl<'a> From<FoundKeyBorrowed<'a>> for FoundKey {
    fn from(
        FoundKeyBorrowed {
            place,
            now,
            order_id,
            fingerprint,
            response,
        }: FoundKeyBorrowed<'a>,
    ) -> Self {
        Self {
            place,
            now,
            order_id,
            fingerprint: fingerprint.map(|v| v.into()),
            response: response.map(|v| v.into()),
        }
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct FindExpiredKeys {
    pub tenant_id: String,
    pub key: String,
}
pub struct FindExpiredKeysBorrowed<'a> {
    pub tenant_id: &'a str,
    pub key: &'a str,
}
impl<'a> From<FindExpiredKeysBorrowed<'a>> for FindExpiredKeys {
    fn from(FindExpiredKeysBorrowed { tenant_id, key }: FindExpiredKeysBorrowed<'a>) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            key: key.into(),
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct FoundKeyQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<FoundKeyBorrowed, tokio_postgres::Error>,
    mapper: fn(FoundKeyBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> FoundKeyQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(FoundKeyBorrowed) -> R) -> FoundKeyQuery<'c, 'a, 's, C, R, N> {
        FoundKeyQuery {
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
pub struct FindExpiredKeysQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<FindExpiredKeysBorrowed, tokio_postgres::Error>,
    mapper: fn(FindExpiredKeysBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> FindExpiredKeysQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(FindExpiredKeysBorrowed) -> R,
    ) -> FindExpiredKeysQuery<'c, 'a, 's, C, R, N> {
        FindExpiredKeysQuery {
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
pub struct StringQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<&str, tokio_postgres::Error>,
    mapper: fn(&str) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> StringQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(&str) -> R) -> StringQuery<'c, 'a, 's, C, R, N> {
        StringQuery {
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
pub struct FindKeysStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn find_keys() -> FindKeysStmt {
    FindKeysStmt(
        "SELECT request.place, now() AS now, k.order_id, k.fingerprint, k.response FROM (SELECT set_config('orders.tenant_ids', $1, true) AS tenant_ids) AS rls CROSS JOIN unnest($2::text[], $3::text[]) WITH ORDINALITY AS request (tenant_id, key, place) LEFT JOIN LATERAL ( SELECT held.order_id, held.fingerprint, held.response_json::text AS response FROM idempotency_keys AS held WHERE rls.tenant_ids IS NOT NULL AND held.tenant_id = request.tenant_id AND held.key = request.key AND now() - held.created_at < $4 * interval '1 second' OFFSET 0) AS k ON true",
        None,
    )
}
impl FindKeysStmt {
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
        T2: crate::StringSql,
        T3: crate::ArraySql<Item = T2>,
        T4: crate::StringSql,
        T5: crate::ArraySql<Item = T4>,
    >(
        &'s self,
        client: &'c C,
        rls_tenants: &'a T1,
        tenant_ids: &'a T3,
        keys: &'a T5,
        key_lifetime: &'a f64,
    ) -> FoundKeyQuery<'c, 'a, 's, C, FoundKey, 4> {
        FoundKeyQuery {
            client,
            params: [rls_tenants, tenant_ids, keys, key_lifetime],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<FoundKeyBorrowed, tokio_postgres::Error> {
                    Ok(FoundKeyBorrowed {
                        place: row.try_get(0)?,
                        now: row.try_get(1)?,
                        order_id: row.try_get(2)?,
                        fingerprint: row.try_get(3)?,
                        response: row.try_get(4)?,
                    })
                },
            mapper: |it| FoundKey::from(it),
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::ArraySql<Item = T2>,
    T4: crate::StringSql,
    T5: crate::ArraySql<Item = T4>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        FindKeysParams<T1, T2, T3, T4, T5>,
        FoundKeyQuery<'c, 'a, 's, C, FoundKey, 4>,
        C,
    > for FindKeysStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a FindKeysParams<T1, T2, T3, T4, T5>,
    ) -> FoundKeyQuery<'c, 'a, 's, C, FoundKey, 4> {
        self.bind(
            client,
            &params.rls_tenants,
            &params.tenant_ids,
            &params.keys,
            &params.key_lifetime,
        )
    }
}
pub struct ClaimKeysStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn claim_keys() -> ClaimKeysStmt {
    ClaimKeysStmt(
        "INSERT INTO idempotency_keys AS k (tenant_id, key, fingerprint, order_id, response_json, created_at) SELECT request.tenant_id, request.key, request.fingerprint, request.id, request.response::json, $1 FROM unnest($2::text[], $3::text[], $4::bytea[], $5::uuid[], $6::text[]) AS request (tenant_id, key, fingerprint, id, response) ON CONFLICT (tenant_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, order_id = excluded.order_id, response_json = excluded.response_json, created_at = excluded.created_at WHERE k.tenant_id = excluded.tenant_id AND excluded.created_at - k.created_at >= $7 * interval '1 second' RETURNING k.order_id",
        None,
    )
}
impl ClaimKeysStmt {
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
        T3: crate::StringSql,
        T4: crate::ArraySql<Item = T3>,
        T5: crate::BytesSql,
        T6: crate::ArraySql<Item = T5>,
        T7: crate::ArraySql<Item = uuid::Uuid>,
        T8: crate::StringSql,
        T9: crate::ArraySql<Item = T8>,
    >(
        &'s self,
        client: &'c C,
        created_at: &'a time::OffsetDateTime,
        tenant_ids: &'a T2,
        keys: &'a T4,
        fingerprints: &'a T6,
        ids: &'a T7,
        responses: &'a T9,
        key_lifetime: &'a f64,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 7> {
        UuidUuidQuery {
            client,
            params: [
                created_at,
                tenant_ids,
                keys,
                fingerprints,
                ids,
                responses,
                key_lifetime,
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
    T3: crate::StringSql,
    T4: crate::ArraySql<Item = T3>,
    T5: crate::BytesSql,
    T6: crate::ArraySql<Item = T5>,
    T7: crate::ArraySql<Item = uuid::Uuid>,
    T8: crate::StringSql,
    T9: crate::ArraySql<Item = T8>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ClaimKeysParams<T1, T2, T3, T4, T5, T6, T7, T8, T9>,
        UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 7>,
        C,
    > for ClaimKeysStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ClaimKeysParams<T1, T2, T3, T4, T5, T6, T7, T8, T9>,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 7> {
        self.bind(
            client,
            &params.created_at,
            &params.tenant_ids,
            &params.keys,
            &params.fingerprints,
            &params.ids,
            &params.responses,
            &params.key_lifetime,
        )
    }
}
pub struct FindExpiredKeysStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn find_expired_keys() -> FindExpiredKeysStmt {
    FindExpiredKeysStmt(
        "SELECT k.tenant_id, k.key FROM idempotency_keys AS k WHERE k.created_at < now() - $1 * interval '1 second' ORDER BY k.created_at LIMIT $2",
        None,
    )
}
impl FindExpiredKeysStmt {
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
        max_age: &'a f64,
        row_limit: &'a i64,
    ) -> FindExpiredKeysQuery<'c, 'a, 's, C, FindExpiredKeys, 2> {
        FindExpiredKeysQuery {
            client,
            params: [max_age, row_limit],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |
                row: &tokio_postgres::Row,
            | -> Result<FindExpiredKeysBorrowed, tokio_postgres::Error> {
                Ok(FindExpiredKeysBorrowed {
                    tenant_id: row.try_get(0)?,
                    key: row.try_get(1)?,
                })
            },
            mapper: |it| FindExpiredKeys::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        FindExpiredKeysParams,
        FindExpiredKeysQuery<'c, 'a, 's, C, FindExpiredKeys, 2>,
        C,
    > for FindExpiredKeysStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a FindExpiredKeysParams,
    ) -> FindExpiredKeysQuery<'c, 'a, 's, C, FindExpiredKeys, 2> {
        self.bind(client, &params.max_age, &params.row_limit)
    }
}
pub struct PurgeExpiredKeysStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn purge_expired_keys() -> PurgeExpiredKeysStmt {
    PurgeExpiredKeysStmt(
        "DELETE FROM idempotency_keys AS k USING unnest($1::text[], $2::text[]) AS request (tenant_id, key) WHERE k.tenant_id = request.tenant_id AND k.key = request.key AND now() - k.created_at > $3 * interval '1 second' RETURNING k.key",
        None,
    )
}
impl PurgeExpiredKeysStmt {
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
        T3: crate::StringSql,
        T4: crate::ArraySql<Item = T3>,
    >(
        &'s self,
        client: &'c C,
        tenant_ids: &'a T2,
        keys: &'a T4,
        max_age: &'a f64,
    ) -> StringQuery<'c, 'a, 's, C, String, 3> {
        StringQuery {
            client,
            params: [tenant_ids, keys, max_age],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it.into(),
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
    T3: crate::StringSql,
    T4: crate::ArraySql<Item = T3>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        PurgeExpiredKeysParams<T1, T2, T3, T4>,
        StringQuery<'c, 'a, 's, C, String, 3>,
        C,
    > for PurgeExpiredKeysStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a PurgeExpiredKeysParams<T1, T2, T3, T4>,
    ) -> StringQuery<'c, 'a, 's, C, String, 3> {
        self.bind(client, &params.tenant_ids, &params.keys, &params.max_age)
    }
}
/// The text of each statement of this file, and the types of its parameters.
pub fn statements() -> Vec<(&'static str, &'static [postgres_types::Type])> {
    use postgres_types::Type;
    vec![
        (
            find_keys().0,
            &[Type::TEXT, Type::TEXT_ARRAY, Type::TEXT_ARRAY, Type::FLOAT8] as &[Type],
        ),
        (
            claim_keys().0,
            &[
                Type::TIMESTAMPTZ,
                Type::TEXT_ARRAY,
                Type::TEXT_ARRAY,
                Type::BYTEA_ARRAY,
                Type::UUID_ARRAY,
                Type::TEXT_ARRAY,
                Type::FLOAT8,
            ] as &[Type],
        ),
        (
            find_expired_keys().0,
            &[Type::FLOAT8, Type::INT8] as &[Type],
        ),
        (
            purge_expired_keys().0,
            &[Type::TEXT_ARRAY, Type::TEXT_ARRAY, Type::FLOAT8] as &[Type],
        ),
    ]
}
