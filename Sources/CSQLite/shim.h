// Without sqlite3.h, whose declarations belong to the module GRDBSQLite.
extern int sqlite3_config(int, ...);

/// Calls `sqlite3_config` with `SQLITE_CONFIG_MEMSTATUS`, which is 9; Swift cannot call a variadic function.
static inline int csqlite_disable_memory_statistics(void) {
    return sqlite3_config(9, 0);
}
