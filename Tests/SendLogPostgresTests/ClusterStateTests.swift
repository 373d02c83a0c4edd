import Testing

@testable import SendLogPostgres

/// What `database check` and `doctor` say about a Citus cluster.
///
/// `CitusTests` reads the state of a real one.
struct ClusterStateTests {
    private func state(
        _ levels: [String?],
        broken: [(from: String, to: String)] = [],
        jobs: [ClusterState.Job] = []
    ) -> ClusterState {
        ClusterState(
            role: "sendlog",
            nodes: levels.enumerated().map { .init(name: "node-\($0):5432", isActive: true, walLevel: $1) },
            brokenConnections: broken,
            jobs: jobs
        )
    }

    @Test func `a cluster whose nodes reach each other and can move shards has no findings`() {
        let cluster = state(["logical", "logical", "logical"])
        #expect(cluster.findings == [])
        #expect(!cluster.hasUnreachableNode)
    }

    @Test func `nodes on which no shard can be moved are named in one finding`() throws {
        let cluster = state(["logical", "replica", "minimal"])
        #expect(cluster.findings.count == 1)
        let finding = try #require(cluster.findings.first)
        #expect(finding.contains("wal_level is not logical on node-1:5432, node-2:5432:"))
        #expect(finding.contains("set wal_level = logical on every node"))
        #expect(!cluster.hasUnreachableNode)
    }

    @Test func `a node that cannot be reached is named, and stops the check of the data`() throws {
        let cluster = state(["logical", nil])
        #expect(cluster.hasUnreachableNode)
        #expect(cluster.findings.count == 1)
        let finding = try #require(cluster.findings.first)
        #expect(finding.contains("the node node-1:5432 cannot be reached as sendlog, so the data was not checked"))
        #expect(finding.contains("pg_dist_authinfo"))
    }

    @Test func `an inactive node is reported once, and does not stop the check of the data`() {
        var cluster = state(["logical"])
        cluster.nodes.append(.init(name: "old:5432", isActive: false, walLevel: nil))
        #expect(cluster.findings == ["the node old:5432 is not active"])
        #expect(!cluster.hasUnreachableNode)
    }

    @Test func `nodes that cannot connect to each other are named with the role`() throws {
        let cluster = state(["logical", "logical"], broken: [(from: "node-1:5432", to: "node-0:5432")])
        #expect(cluster.findings.count == 1)
        let finding = try #require(cluster.findings.first)
        #expect(finding.contains("the node node-1:5432 cannot connect to node-0:5432 as sendlog"))
        #expect(finding.contains("pg_dist_authinfo of node-1:5432"))
        #expect(!cluster.hasUnreachableNode)
    }

    @Test func `a job that is retried again and again says why, and how to cancel it`() throws {
        // The message as Citus 13.2.2 stores it.
        let message = """
            ERROR: ERROR:  logical decoding requires wal_level >= logical
            CONTEXT: while executing command on 127.0.0.1:55001
            """
        let job = ClusterState.Job(id: 7, type: "rebalance", state: .retried, retries: 3, message: message)
        let finding = try #require(state([], jobs: [job]).findings.first)
        #expect(finding.contains("the background job 7 (rebalance) makes no progress: its task has failed 3 times"))
        #expect(finding.contains("(logical decoding requires wal_level >= logical)"))
        #expect(finding.contains("SELECT citus_job_cancel(7)"))
        #expect(!finding.contains("CONTEXT"))
    }

    @Test func `a job that no background worker starts says which setting to raise`() throws {
        let job = ClusterState.Job(id: 9, type: "rebalance", state: .scheduled, retries: 0, message: "")
        let finding = try #require(state([], jobs: [job]).findings.first)
        #expect(finding.hasPrefix("the background job 9 (rebalance) does not start"))
        #expect(finding.contains("max_worker_processes on the coordinator"))
    }

    @Test func `a job that has failed is reported as failed`() throws {
        let job = ClusterState.Job(id: 8, type: "rebalance", state: .failed, retries: 0, message: "")
        let finding = try #require(state([], jobs: [job]).findings.first)
        #expect(finding == "the background job 8 (rebalance) has failed; correct the cause, and start it again")
    }
}
