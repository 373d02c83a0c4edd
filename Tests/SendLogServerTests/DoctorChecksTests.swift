import Glibc
import SendLogCore
import SendLogHTTP
import Testing

@testable import SendLogServer

/// What the checks of `sendlog doctor` decide.
@Suite struct DoctorChecksTests {
    @Test(
        arguments: [
            (0o100600, nil), (0o100400, nil), (0o100711, nil), (0o100644, "read by other users (mode 644)"),
            (0o100640, "read by its group (mode 640)"), (0o100660, "read and written by its group (mode 660)"),
            (0o100602, "written by other users (mode 602)"), (0o100666, "read and written by other users (mode 666)"),
        ] as [(mode_t, String?)]
    )
    func `a file with a wider mode than 0600 is found`(mode: mode_t, text: String?) {
        let finding = FileModesCheck.fileFinding("/var/lib/my data/a.db", mode: mode)
        #expect(finding?.message == text.map { "/var/lib/my data/a.db can be \($0)" })
        if let finding { #expect(finding.advice == "run chmod 600 '/var/lib/my data/a.db'") }
    }

    @Test func `a spool folder that cannot be written is a problem, with the system's reason`() {
        let finding = FileModesCheck.spoolFolderFinding("/spool", EACCES)
        #expect(finding.severity == .problem)
        #expect(finding.message == "the spool folder /spool cannot be written: Permission denied")
    }

    @Test(
        arguments: [(0o040755, false), (0o040775, false), (0o041777, false), (0o040777, true), (0o040702, true)]
            as [(mode_t, Bool)]
    )
    func `a folder in which other users can replace files is found`(mode: mode_t, isFound: Bool) {
        let finding = FileModesCheck.folderFinding("spool folder", "/spool", mode: mode)
        #expect((finding != nil) == isFound)
        if let finding { #expect(finding.advice == "run chmod o-w /spool") }
    }

    @Test(
        arguments: [
            (1 << 30, 10 << 30, nil), ((1 << 30) - 1, 10 << 30, .warning), (2 << 30, 21 << 30, .warning),
            (2 << 30, 20 << 30, nil), (128 << 20, 1 << 30, .warning), ((128 << 20) - 1, 1 << 30, .problem),
            (0, 1 << 30, .problem), (0, 0, nil), (1 << 40, .max, .warning),
        ] as [(UInt64, UInt64, DoctorFinding.Severity?)]
    )
    func `little free space is found`(free: UInt64, size: UInt64, severity: DoctorFinding.Severity?) {
        #expect(FreeSpaceCheck.finding("the database", in: "/data", free: free, of: size)?.severity == severity)
    }

    @Test func `free space is shown with its share`() {
        let finding = FreeSpaceCheck.finding("the database", in: "/data", free: 3 << 29, of: 30 << 30)
        #expect(finding?.message == "the file system of the database, /data, has 1.5 GiB left (5 %)")
        #expect(FreeSpaceCheck.text((1 << 30) - 1) == "1023 MiB")
    }

    @Test func `an old backup is found, none and a future one too`() throws {
        let now = try #require(Timestamp(rfc3339: "2026-03-10T12:00:00Z"))
        func finding(_ milliseconds: Int64?) throws -> DoctorFinding? {
            let last = milliseconds.map { BackupRecord.Entry(at: now.advanced(by: -$0), file: "/b.db") }
            return LastBackupCheck.finding(last, of: "a.db", maxAge: 7, at: now)
        }
        let week = 7 * Day.milliseconds
        #expect(try finding(week - 1) == nil)
        #expect(try finding(week)?.message == "the last backup of a.db, /b.db, was made 7 days ago")
        #expect(try finding(nil)?.message == "no backup of a.db is recorded")
        #expect(try finding(-StoredTime.tolerance) == nil)
        #expect(try finding(-StoredTime.tolerance - 1)?.check == .clock)
    }

    @Test func `a backup whose file is gone does not count`() throws {
        let now = try #require(Timestamp(rfc3339: "2026-03-10T12:00:00Z"))
        func finding(_ days: Int64?) -> String? {
            let last = days.map { BackupRecord.Entry(at: now.advanced(by: -$0 * Day.milliseconds), file: "/b.db") }
            let gone = BackupRecord.Entry(at: now, file: "/c.db")
            return LastBackupCheck.finding(last, gone: gone, of: "a.db", maxAge: 7, at: now)?.message
        }
        #expect(finding(nil) == "the last backup of a.db, /c.db, is not there any more")
        #expect(finding(6) == nil)
        let old = "the last backup of a.db, /b.db, was made 7 days ago; a later one, /c.db, is not there any more"
        #expect(finding(7) == old)
    }

    @Test(
        arguments: [
            (0o100600, nil), (0o100640, nil), (0o100400, nil), (0o100644, "read by other users (mode 644)"),
            (0o100660, "written by its group (mode 660)"), (0o100602, "written by other users (mode 602)"),
            (0o100666, "read and written by other users (mode 666)"),
        ] as [(mode_t, String?)]
    )
    func `a configuration file that others can read, or the group can write, is found`(mode: mode_t, text: String?) {
        let finding = FileModesCheck.configurationFinding("/etc/my settings.json", mode: mode)
        let file = "the configuration file /etc/my settings.json, which can have a password,"
        #expect(finding?.message == text.map { "\(file) can be \($0)" })
        if let finding { #expect(finding.advice.hasPrefix("run chmod g-w,o-rw '/etc/my settings.json'; ")) }
    }

    @Test func `the limit of open files is read for a process`() {
        let text = """
            Limit                     Soft Limit           Hard Limit           Units
            Max processes             127439               127439               processes
            Max open files            1024                 524288               files
            """
        #expect(OpenFilesCheck.files(in: text)?.soft == 1024)
        #expect(OpenFilesCheck.files(in: text)?.hard == 524_288)
        let unlimited = OpenFilesCheck.files(in: "Max open files            unlimited            unlimited     files")
        #expect(unlimited != nil && unlimited?.hard == nil)
        #expect(OpenFilesCheck.files(in: "") == nil)
    }

    @Test func `a limit of open files that is too low for the connections is found`() {
        func finding(_ files: Int?, _ process: Int32? = nil) -> DoctorFinding? {
            OpenFilesCheck.finding(maxConnections: 10_000, OpenFilesCheck.Limit(files: files, process: process))
        }
        #expect(finding(10_512) == nil)
        #expect(finding(nil) == nil)
        let low = finding(10_511, 17)
        #expect(low?.message.hasPrefix("process 17, which has the database open, can open 10511 files") == true)
        #expect(low?.advice.contains("10512 or more") == true)
        #expect(finding(256)?.message.hasPrefix("this process can open 256 files, enough for 192 of 10000") == true)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.8.9.10", true), ("::1", true), ("::ffff:127.0.0.1", true), ("0.0.0.0", false),
        ("::", false), ("10.0.0.1", false), ("::2", false), ("", false),
    ])
    func `loopback addresses are recognised`(text: String, isLoopback: Bool) {
        #expect(AddressCheck.isLoopback(text) == isLoopback)
    }

    @Test func `an address that other machines can reach is found, unless a proxy is configured`() throws {
        func finding(_ host: String, _ proxies: String = "") throws -> DoctorFinding? {
            let proxies = try TrustedProxies(proxies)
            return AddressCheck.finding(
                ServerSettings(host: host, port: 8080, idleTimeout: 1, maxConnections: 1, proxies: proxies, threads: 1)
            )
        }
        #expect(try finding("localhost") == nil)
        #expect(try finding("::1") == nil)
        #expect(try finding("0.0.0.0")?.message.contains("0.0.0.0:8080") == true)
        #expect(try finding("::")?.message.contains("[::]:8080") == true)
        #expect(try finding("0.0.0.0", "10.0.0.1") == nil)
        #expect(try finding("no-such-host.invalid")?.severity == .problem)
    }

    @Test func `a future time that no timestamp has is shown without a trap`() {
        #expect(ClockCheck.finding(.lastUse, count: 0, latest: 0) == nil)
        let finding = ClockCheck.finding(.lastUse, count: 2, latest: .max)
        #expect(finding?.message.contains("the latest after the year 9999") == true)
    }
}
