//! Every SurrealQL statement of Doorward. Values go in as parameters, never as text.

/// Whether the row in `$row` exists at `$now`: a row without a version was only ever checked.
macro_rules! alive {
    () => {
        "($row != NONE AND $row.version != NONE AND ($row.expires_at = NONE OR $row.expires_at > $now))"
    };
}

/// The same, of the row that a statement goes over.
macro_rules! is_alive {
    ($row:literal) => {
        concat!(
            $row,
            "version != NONE AND (",
            $row,
            "expires_at = NONE OR ",
            $row,
            "expires_at > $now)"
        )
    };
}

/// The row `$row`.
pub(crate) const GET: &str = concat!("SELECT * FROM $row WHERE ", is_alive!(""));

/// The row that holds the unique entry `$entry`.
pub(crate) const FIND: &str =
    concat!("SELECT * FROM (SELECT VALUE row FROM $entry) WHERE ", is_alive!(""));

/// Rows by their ids in `$range`.
pub(crate) const SCAN: &str =
    concat!("SELECT * FROM $range WHERE ", is_alive!(""), " LIMIT $limit");

/// Rows by their entries in `$range`.
pub(crate) const SCAN_INDEX: &str =
    concat!("SELECT id, row.* AS row FROM $range WHERE ", is_alive!("row."), " LIMIT $limit");

/// One batch: all of it, or an error that says what did not hold.
///
/// A check changes a real field of the row that it checks, because the database sees only conflicts between writes; where
/// no row is, it leaves one that does not exist to anybody (`hollow_until`) until a sweep removes it.
pub(crate) const COMMIT: &str = concat!(
    "BEGIN;",
    "LET $known = (SELECT VALUE outcome FROM ONLY $batch);",
    "IF $known != NONE { THROW 'doorward:' + $known };",
    "FOR $expected IN $expectations {",
    " LET $row = (SELECT version, expires_at FROM ONLY $expected.row);",
    " LET $alive = ",
    alive!(),
    ";",
    " LET $must = $expected.must;",
    " IF ($must = 'absent' AND $alive) OR ($must != 'absent' AND (!$alive OR ($must != 'present' AND $row.version != $must)))",
    "  { THROW 'doorward:expected:' + <string> $expected.number };",
    "};",
    "FOR $check IN $checks {",
    " UPSERT $check SET checked_by = $id, hollow_until = IF version = NONE { $hollow_until } ELSE { NONE } RETURN NONE;",
    "};",
    "FOR $write IN $writes {",
    " LET $target = $write.row;",
    " LET $old = (SELECT VALUE entries FROM ONLY $target) ?? [];",
    " LET $left = array::complement($old, $write.entries);",
    " IF $left != [] { DELETE $left WHERE row = $target RETURN NONE };",
    " IF $write.document = NONE { DELETE $target RETURN NONE } ELSE { UPSERT $target CONTENT $write.document RETURN NONE };",
    " LET $new = array::complement($write.many, $old);",
    " IF $new != [] { UPSERT $new SET row = $target RETURN NONE };",
    "};",
    "FOR $claim IN $claims {",
    " LET $entry = $claim.entry;",
    " LET $holder = (SELECT VALUE row FROM ONLY $entry);",
    " IF $holder != $claim.row {",
    "  IF $holder != NONE {",
    "   LET $row = (SELECT version, expires_at FROM ONLY $holder);",
    "   IF ",
    alive!(),
    " { THROW 'doorward:claimed:' + <string> $claim.number };",
    // Whoever puts the dead holder again meanwhile must collide with this.
    "   UPSERT $holder SET checked_by = $id, hollow_until = IF version = NONE { $hollow_until } ELSE { NONE } RETURN NONE;",
    "  };",
    "  UPSERT $entry SET row = $claim.row RETURN NONE;",
    " };",
    "};",
    "CREATE $batch SET outcome = 'committed' RETURN NONE;",
    "CREATE type::record('doorward_changes', [time::nano(time::now()), $id]) SET made_at = $now, rows = $rows RETURN NONE;",
    "COMMIT;",
);

/// What became of `$batch`; if nothing yet, then nothing ever will.
pub(crate) const IS_COMMITTED: &str = concat!(
    "BEGIN;",
    "LET $known = (SELECT VALUE outcome FROM ONLY $batch);",
    "IF $known = NONE { CREATE $batch SET outcome = 'never' RETURN NONE };",
    "SELECT outcome FROM $batch;",
    "COMMIT;",
);

/// The entries of the log in `$range`, and how far it was trimmed: asked last, so that what was trimmed meanwhile shows.
pub(crate) const CHANGES: &str = "SELECT id, rows FROM $range LIMIT $limit; \
     SELECT trimmed_at FROM doorward_log:trimmed; RETURN time::nano(time::now());";

/// Tells of each new entry of the log.
pub(crate) const LIVE: &str = "LIVE SELECT id FROM doorward_changes;";

/// What of a table is over.
pub(crate) const EXPIRED: &str = "SELECT VALUE id FROM type::table($table) WHERE expires_at != NONE AND expires_at <= $now LIMIT $limit; \
     SELECT VALUE id FROM type::table($table) WHERE hollow_until != NONE AND hollow_until <= $now LIMIT $limit;";

/// Removes rows that are still over, what pointed at them, and rows that were only ever checked.
pub(crate) const SWEEP: &str = concat!(
    "BEGIN;",
    "LET $count = 0;",
    "FOR $target IN $expired {",
    " LET $row = (SELECT expires_at, entries FROM ONLY $target);",
    " IF $row != NONE AND $row.expires_at != NONE AND $row.expires_at <= $now {",
    "  LET $entries = $row.entries ?? [];",
    "  IF $entries != [] { DELETE $entries WHERE row = $target RETURN NONE };",
    "  DELETE $target RETURN NONE;",
    " };",
    "};",
    "IF $hollow != [] { DELETE $hollow WHERE hollow_until != NONE AND hollow_until <= $now RETURN NONE };",
    "COMMIT;",
);

/// The oldest entries of the log.
pub(crate) const OLDEST: &str = "SELECT id, made_at FROM doorward_changes LIMIT $limit;";

/// Removes entries of the log, and ids of batches that were made before `$batches`.
pub(crate) const TRIM: &str = concat!(
    "BEGIN;",
    "IF $changes != [] {",
    " DELETE $changes RETURN NONE;",
    " UPSERT doorward_log:trimmed SET trimmed_at = math::max([trimmed_at ?? 0, $trimmed_at]) RETURN NONE;",
    "};",
    "DELETE (SELECT VALUE id FROM $batches LIMIT $limit) RETURN NONE;",
    "COMMIT;",
);

/// That the database is there.
pub(crate) const HEARTBEAT: &str = "RETURN 1;";

/// The tables that Doorward keeps for itself.
pub(crate) const OWN_TABLES: &str = "\
    DEFINE TABLE IF NOT EXISTS doorward_schema SCHEMALESS COMMENT 'What these tables are, and who changes them'; \
    DEFINE TABLE IF NOT EXISTS doorward_log SCHEMALESS COMMENT 'How far the change log was trimmed'; \
    DEFINE TABLE IF NOT EXISTS doorward_entries SCHEMALESS COMMENT 'Indexes: [table, index, realm, organisation, value, id]'; \
    DEFINE FIELD IF NOT EXISTS row ON doorward_entries TYPE record; \
    DEFINE TABLE IF NOT EXISTS doorward_batches SCHEMALESS COMMENT 'What became of each batch of the last ten minutes'; \
    DEFINE FIELD IF NOT EXISTS outcome ON doorward_batches TYPE 'committed' | 'never'; \
    DEFINE TABLE IF NOT EXISTS doorward_changes SCHEMALESS COMMENT 'The change log of the last ten minutes'; \
    DEFINE FIELD IF NOT EXISTS made_at ON doorward_changes TYPE int; \
    DEFINE FIELD IF NOT EXISTS rows ON doorward_changes TYPE array;";

/// The statements that make a table of rows. Its name cannot be a parameter of a definition.
pub(crate) fn table(name: &str) -> String {
    let name = quoted(name);
    format!(
        "DEFINE TABLE IF NOT EXISTS {name} SCHEMALESS; \
         DEFINE FIELD IF NOT EXISTS version ON {name} TYPE option<string> COMMENT 'The batch that wrote it'; \
         DEFINE FIELD IF NOT EXISTS schema ON {name} TYPE option<int> COMMENT 'The encoding of its body'; \
         DEFINE FIELD IF NOT EXISTS expires_at ON {name} TYPE option<int> COMMENT 'Milliseconds since 1970'; \
         DEFINE FIELD IF NOT EXISTS hollow_until ON {name} TYPE option<int> COMMENT 'It was only checked'; \
         DEFINE FIELD IF NOT EXISTS checked_by ON {name} TYPE option<string> COMMENT 'The batch that checked it last'; \
         DEFINE INDEX IF NOT EXISTS expires_at ON {name} FIELDS expires_at; \
         DEFINE INDEX IF NOT EXISTS hollow_until ON {name} FIELDS hollow_until;"
    )
}

/// An identifier of SurrealQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// The namespace and the database, for who may make them.
pub(crate) fn place(namespace: &str, database: &str) -> String {
    let (namespace, database) = (quoted(namespace), quoted(database));
    format!(
        "DEFINE NAMESPACE IF NOT EXISTS {namespace}; USE NS {namespace}; DEFINE DATABASE IF NOT EXISTS {database};"
    )
}

/// What the tables are, and who changes them now.
pub(crate) const SCHEMA: &str = "SELECT layout, encoding, tables FROM doorward_schema:tables;";

/// Takes the right to change the tables for half a minute, unless somebody has it.
pub(crate) const SCHEMA_LEASE: &str = concat!(
    "BEGIN;",
    "LET $held = (SELECT holder, held_until FROM ONLY doorward_schema:lease);",
    "IF $held != NONE AND $held.holder != $holder AND $held.held_until > time::now() { THROW 'doorward:held' };",
    "UPSERT doorward_schema:lease SET holder = $holder, held_until = time::now() + 30s, fencing = (fencing ?? 0) + 1 RETURN NONE;",
    "COMMIT;",
);

/// Says what the tables are now, if the right to change them is still held, and gives it back.
pub(crate) const SCHEMA_DONE: &str = concat!(
    "BEGIN;",
    "LET $held = (SELECT VALUE holder FROM ONLY doorward_schema:lease);",
    "IF $held != $holder { THROW 'doorward:held' };",
    "UPSERT doorward_schema:tables SET layout = $layout, tables = array::union(tables ?? [], $tables) RETURN NONE;",
    "UPSERT doorward_schema:lease SET held_until = time::now() RETURN NONE;",
    "COMMIT;",
);

/// Says that rows of a later encoding are there.
pub(crate) const ENCODING: &str = "UPSERT doorward_schema:tables SET encoding = math::max([encoding ?? 0, $encoding]) RETURN NONE;";
