/// A database on plain PostgreSQL that looks like one on a Citus cluster with two nodes, and can lose them.
///
/// It has the catalog tables of Citus that the store reads. Organisations with an even ID are on node 2, the others on
/// node 1. Row-level security stands for the network between the nodes: a policy on each table fails like a statement
/// for a node that is down, or waits like one for a node that does not respond.
public struct SimulatedCluster: Sendable {
    private let server: PostgresServer
    private let database: String

    /// The state of a node.
    public enum NodeState: String, Sendable {
        case available
        /// Every statement fails with 08006 over an intact connection.
        case down
        /// Every statement waits.
        case frozen
    }

    /// Changes a database that has the tables of the store.
    ///
    /// - Throws: `TestFailure` with PostgreSQL's message.
    public init(_ database: String, on server: PostgresServer) throws {
        (self.server, self.database) = (server, database)
        try server.sql(Self.role, database: database)
        try server.sql(Self.catalog, database: database)
        try server.sql(Self.policies, database: database)
    }

    /// The address of the database for the store, as a user that row-level security applies to.
    public var url: String { server.url(database, user: "cluster_user") }

    /// Changes the state of a node.
    ///
    /// - Parameters:
    ///   - node: 1 or 2
    ///   - state: the new state
    /// - Throws: `TestFailure` with PostgreSQL's message.
    public func set(_ node: Int, _ state: NodeState) throws {
        let update = "UPDATE simulated_nodes SET state = '\(state.rawValue)' WHERE node = \(node)"
        try server.sql(update, database: database)
    }

    private static let role = """
        DO $$
        BEGIN
            CREATE ROLE cluster_user LOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END
        $$
        """

    private static let catalog = """
        CREATE TABLE simulated_nodes (node integer, state text);
        INSERT INTO simulated_nodes VALUES (1, 'available'), (2, 'available');
        CREATE TABLE pg_dist_partition AS SELECT 'organisation_heads'::regclass AS logicalrelid;
        CREATE TABLE pg_dist_placement AS
            SELECT n::bigint AS placementid, n::bigint AS shardid, 1 AS shardstate, n AS groupid
            FROM generate_series(1, 2) n;
        CREATE TABLE pg_dist_node AS
            SELECT n AS groupid, 'node-' || n AS nodename, 5432 AS nodeport, 'primary' AS noderole
            FROM generate_series(1, 2) n;
        CREATE FUNCTION get_shard_id_for_distribution_column(regclass, bigint) RETURNS bigint LANGUAGE sql
            AS 'SELECT 2 - $2 % 2';
        CREATE FUNCTION citus_check_connection_to_node(nodename text, nodeport integer) RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE found text;
        BEGIN
            LOOP
                SELECT state INTO found FROM simulated_nodes WHERE 'node-' || node = nodename;
                IF found <> 'frozen' THEN RETURN found = 'available'; END IF;
                PERFORM pg_sleep(0.02);
            END LOOP;
        END
        $$;
        CREATE FUNCTION answers(organisation bigint) RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE found text;
        BEGIN
            LOOP
                SELECT state INTO found FROM simulated_nodes WHERE node = 2 - organisation % 2;
                IF found = 'available' THEN RETURN true; END IF;
                IF found = 'down' THEN
                    RAISE EXCEPTION 'connection to the remote node node-%:5432 failed', 2 - organisation % 2
                        USING ERRCODE = '08006';
                END IF;
                PERFORM pg_sleep(0.02);
            END LOOP;
        END
        $$
        """

    /// Tables with an organisation are distributed, except for those that Citus copies to every node.
    private static let policies = """
        GRANT ALL ON ALL TABLES IN SCHEMA public TO cluster_user;
        DO $$
        DECLARE t text;
        BEGIN
            FOR t IN
                SELECT table_name FROM information_schema.columns
                WHERE table_schema = 'public' AND column_name = 'org_id'
                    AND table_name NOT IN ('organisations', 'api_keys')
            LOOP
                EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
                EXECUTE format('CREATE POLICY node ON %I USING (answers(org_id)) WITH CHECK (answers(org_id))', t);
            END LOOP;
        END
        $$
        """
}
