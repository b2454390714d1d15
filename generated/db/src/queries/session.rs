// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct EnterTenantsParams<T1: crate::StringSql, T2: crate::StringSql> {
    pub tenant_ids: T1,
    pub lock_timeout: T2,
}
#[derive(Debug, Clone, PartialEq)]
pub struct EnterTenants {
    pub tenant_ids: String,
    pub lock_timeout: String,
}
pub struct EnterTenantsBorrowed<'a> {
    pub tenant_ids: &'a str,
    pub lock_timeout: &'a str,
}
impl<'a> From<EnterTenantsBorrowed<'a>> for EnterTenants {
    fn from(
        EnterTenantsBorrowed {
            tenant_ids,
            lock_timeout,
        }: EnterTenantsBorrowed<'a>,
    ) -> Self {
        Self {
            tenant_ids: tenant_ids.into(),
            lock_timeout: lock_timeout.into(),
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct EnterTenantsQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<EnterTenantsBorrowed, tokio_postgres::Error>,
    mapper: fn(EnterTenantsBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> EnterTenantsQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(EnterTenantsBorrowed) -> R,
    ) -> EnterTenantsQuery<'c, 'a, 's, C, R, N> {
        EnterTenantsQuery {
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
pub struct BoolQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<bool, tokio_postgres::Error>,
    mapper: fn(bool) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> BoolQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(bool) -> R) -> BoolQuery<'c, 'a, 's, C, R, N> {
        BoolQuery {
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
pub struct EnterTenantsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn enter_tenants() -> EnterTenantsStmt {
    EnterTenantsStmt(
        "SELECT set_config('orders.tenant_ids', $1, true) AS tenant_ids, set_config('lock_timeout', $2, true) AS lock_timeout",
        None,
    )
}
impl EnterTenantsStmt {
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
        tenant_ids: &'a T1,
        lock_timeout: &'a T2,
    ) -> EnterTenantsQuery<'c, 'a, 's, C, EnterTenants, 2> {
        EnterTenantsQuery {
            client,
            params: [tenant_ids, lock_timeout],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<EnterTenantsBorrowed, tokio_postgres::Error> {
                    Ok(EnterTenantsBorrowed {
                        tenant_ids: row.try_get(0)?,
                        lock_timeout: row.try_get(1)?,
                    })
                },
            mapper: |it| EnterTenants::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql, T2: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        EnterTenantsParams<T1, T2>,
        EnterTenantsQuery<'c, 'a, 's, C, EnterTenants, 2>,
        C,
    > for EnterTenantsStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a EnterTenantsParams<T1, T2>,
    ) -> EnterTenantsQuery<'c, 'a, 's, C, EnterTenants, 2> {
        self.bind(client, &params.tenant_ids, &params.lock_timeout)
    }
}
pub struct PingStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn ping() -> PingStmt {
    PingStmt("SELECT true AS alive", None)
}
impl PingStmt {
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
    ) -> BoolQuery<'c, 'a, 's, C, bool, 0> {
        BoolQuery {
            client,
            params: [],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
