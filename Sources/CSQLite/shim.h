#include <sqlite3.h>

/// Calls `sqlite3_config` with `SQLITE_CONFIG_MEMSTATUS`; Swift cannot call a variadic function.
static inline int csqlite_disable_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
