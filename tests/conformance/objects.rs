//! The topics of `tests/conformance/objects`.

super::topics! {
    "objects":
    facets, gates, lifecycle, namespaces, storage_alarms, storage_cursors, storage_experiments, storage_keys,
    storage_legacy, storage_lists, storage_sql, storage_sync, storage_transactions, storage_values,
}
