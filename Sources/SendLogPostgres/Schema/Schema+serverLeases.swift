/// The schema step for work that one server at a time does.
extension Schema {
    /// The table of the leases of servers, whose rows belong to no organisation.
    static let serverLeaseTable = "server_leases"

    /// Creates the table of the leases of servers.
    ///
    /// `org_id` is 0, which is no organisation: on Citus all rows are on one node.
    static let serverLeases = """
        -- lease_until: milliseconds since 1970. Written every few seconds: the space that the page keeps free lets new versions of
        -- the row stay on it.
        CREATE TABLE server_leases (
            org_id bigint NOT NULL,
            work text COLLATE "C" NOT NULL,
            lease_owner text COLLATE "C" NOT NULL,
            lease_until bigint NOT NULL,
            PRIMARY KEY (org_id, work)
        ) WITH (fillfactor = 50);

        """
}
