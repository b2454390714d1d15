// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct ClaimKeyParams<
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::BytesSql,
    T4: crate::StringSql,
    T5: crate::StringSql,
> {
    pub tenant_id: T1,
    pub key: T2,
    pub fingerprint: T3,
    pub order_id: uuid::Uuid,
    pub response: T4,
    pub open_instant: T5,
}
#[derive(Debug)]
pub struct FindKeyParams<T1: crate::StringSql, T2: crate::StringSql> {
    pub tenant_id: T1,
    pub key: T2,
}
#[derive(Debug, Clone, PartialEq)]
pub struct FindKey {
    pub order_id: uuid::Uuid,
    pub fingerprint: Vec<u8>,
    pub response: String,
}
pub struct FindKeyBorrowed<'a> {
    pub order_id: uuid::Uuid,
    pub fingerprint: &'a [u8],
    pub response: &'a str,
}
impl<'a> From<FindKeyBorrowed<'a>> for FindKey {
    fn from(
        FindKeyBorrowed {
            order_id,
            fingerprint,
            response,
        }: FindKeyBorrowed<'a>,
    ) -> Self {
        Self {
            order_id,
            fingerprint: fingerprint.into(),
            response: response.into(),
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
pub struct FindKeyQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<FindKeyBorrowed, tokio_postgres::Error>,
    mapper: fn(FindKeyBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> FindKeyQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(FindKeyBorrowed) -> R) -> FindKeyQuery<'c, 'a, 's, C, R, N> {
        FindKeyQuery {
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
pub struct ClaimKeyStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn claim_key() -> ClaimKeyStmt {
    ClaimKeyStmt(
        "INSERT INTO idempotency_keys AS k (tenant_id, key, fingerprint, order_id, response_json, created_at) VALUES ($1, $2, $3, $4, replace($5, $6, '\"createdAt\":\"' || to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || '\"')::json, now()) ON CONFLICT (tenant_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, order_id = excluded.order_id, response_json = excluded.response_json, created_at = excluded.created_at WHERE excluded.created_at - k.created_at >= interval '1 hour' RETURNING k.order_id",
        None,
    )
}
impl ClaimKeyStmt {
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
        T3: crate::BytesSql,
        T4: crate::StringSql,
        T5: crate::StringSql,
    >(
        &'s self,
        client: &'c C,
        tenant_id: &'a T1,
        key: &'a T2,
        fingerprint: &'a T3,
        order_id: &'a uuid::Uuid,
        response: &'a T4,
        open_instant: &'a T5,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 6> {
        UuidUuidQuery {
            client,
            params: [
                tenant_id,
                key,
                fingerprint,
                order_id,
                response,
                open_instant,
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
    T2: crate::StringSql,
    T3: crate::BytesSql,
    T4: crate::StringSql,
    T5: crate::StringSql,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ClaimKeyParams<T1, T2, T3, T4, T5>,
        UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 6>,
        C,
    > for ClaimKeyStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ClaimKeyParams<T1, T2, T3, T4, T5>,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 6> {
        self.bind(
            client,
            &params.tenant_id,
            &params.key,
            &params.fingerprint,
            &params.order_id,
            &params.response,
            &params.open_instant,
        )
    }
}
pub struct FindKeyStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn find_key() -> FindKeyStmt {
    FindKeyStmt(
        "SELECT order_id, fingerprint, response_json::text AS response FROM idempotency_keys WHERE tenant_id = $1 AND key = $2",
        None,
    )
}
impl FindKeyStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql, T2: crate::StringSql>(
        &'s self,
        client: &'c C,
        tenant_id: &'a T1,
        key: &'a T2,
    ) -> FindKeyQuery<'c, 'a, 's, C, FindKey, 2> {
        FindKeyQuery {
            client,
            params: [tenant_id, key],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<FindKeyBorrowed, tokio_postgres::Error> {
                    Ok(FindKeyBorrowed {
                        order_id: row.try_get(0)?,
                        fingerprint: row.try_get(1)?,
                        response: row.try_get(2)?,
                    })
                },
            mapper: |it| FindKey::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql, T2: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        FindKeyParams<T1, T2>,
        FindKeyQuery<'c, 'a, 's, C, FindKey, 2>,
        C,
    > for FindKeyStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a FindKeyParams<T1, T2>,
    ) -> FindKeyQuery<'c, 'a, 's, C, FindKey, 2> {
        self.bind(client, &params.tenant_id, &params.key)
    }
}
