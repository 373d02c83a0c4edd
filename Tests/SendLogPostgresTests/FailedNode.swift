import PostgresHarness
import SendLogCore
import StoreChecks

@testable import SendLogPostgres

/// A database in which the rows of some organisations cannot be read, as if their Citus node were down.
struct FailedNode {
    let database: TestDatabase
    let store: PostgresStore

    /// Creates a database whose owner is not a superuser, so that its row-level security applies to the store.
    init() throws {
        database = try TestDatabase(isEmpty: true)
        let role = "owner_of_\(database.name)"
        try database.sql("CREATE ROLE \(role) LOGIN; ALTER DATABASE \(database.name) OWNER TO \(role)")
        let url = database.url.replacing("sendlog@", with: "\(role)@")
        store = try PostgresStore(PostgresLocation(url), options: .forTests)
        try database.sql(
            """
            CREATE TABLE failed (org_id bigint);
            GRANT SELECT ON failed TO PUBLIC;
            CREATE FUNCTION is_up(p_org bigint) RETURNS boolean LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (SELECT FROM failed WHERE org_id = p_org) THEN
                    RAISE EXCEPTION 'connection to the remote node failed' USING ERRCODE = '08006';
                END IF;
                RETURN true;
            END $$;
            """
        )
        for table in Schema.distributedTables {
            try database.sql(
                """
                ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY;
                ALTER TABLE \(table) FORCE ROW LEVEL SECURITY;
                CREATE POLICY node ON \(table) USING (is_up(org_id));
                """
            )
        }
    }

    /// Makes the rows of an organisation unavailable.
    func fail(_ organisation: OrganisationID) throws {
        try database.sql("INSERT INTO failed VALUES (\(organisation.number))")
    }

    /// Makes the rows of all organisations available.
    func recover() throws { try database.sql("DELETE FROM failed") }
}
