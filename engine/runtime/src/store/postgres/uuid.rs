//! Sixteen bytes as PostgreSQL's `uuid`, which is smaller and compared faster than `bytea`.
//!
//! The driver knows the type only together with a crate that we need for nothing else.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};
use statewright_core::identity::{FileId, InputKey, InstanceId};

/// Fixed by PostgreSQL for ever.
const UUID: Oid = Oid(2950);
const UUID_ARRAY: Oid = Oid(2951);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Uuid(pub(super) [u8; 16]);

impl From<InstanceId> for Uuid {
    fn from(id: InstanceId) -> Self {
        Uuid(id.0)
    }
}

impl From<FileId> for Uuid {
    fn from(id: FileId) -> Self {
        Uuid(id.0)
    }
}

impl From<InputKey> for Uuid {
    fn from(key: InputKey) -> Self {
        Uuid(key.0)
    }
}

impl Type<Postgres> for Uuid {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(UUID)
    }
}

impl PgHasArrayType for Uuid {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(UUID_ARRAY)
    }
}

impl Encode<'_, Postgres> for Uuid {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Uuid {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        if value.format() == PgValueFormat::Text {
            return Err("a uuid in the text format, which is never asked for".into());
        }
        Ok(Uuid(value.as_bytes()?.try_into()?))
    }
}
