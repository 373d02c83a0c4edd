import Foundation
import TestSupport
import Testing

@testable import SendLogServer

/// The settings in force, and where each comes from.
@Suite struct SettingInForceTests {
    private func settings(
        flags: [Setting: String] = [:],
        environment: [String: String] = [:],
        file: String? = nil
    ) throws -> [String: SettingInForce] {
        let settings = try SettingInForce.all(
            try ConfigurationSources(flags: flags, environment: environment, file: file)
        )
        #expect(settings.map(\.key) == Setting.all.map(\.key))
        return Dictionary(uniqueKeysWithValues: settings.map { ($0.key, $0) })
    }

    @Test func `without settings, every setting has its default, computed ones too`() throws {
        let found = try settings()
        #expect(found.values.allSatisfy { $0.source == .default && $0.name == nil && $0.origin == "default" })
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let computed: [Setting: SettingInForce.Value] = [
            .httpThreads: .number(max(1, cores / 2)), .workerThreads: .number(max(4, 2 * cores)),
            .sqliteReaders: .number(max(4, 2 * cores)), .maxStreamsPerOrganisation: .number(100),
            .spoolFolder: .text(FileManager.default.currentDirectoryPath),
            .trustedProxies: .text(""), .allowedOrigins: .text(""), .webhookAllow: .text(""),
            .maxUploadsPerOrganisation: .number(32),
        ]
        for setting in Setting.all {
            let value = found[setting.key]?.value
            if let computed = computed[setting] {
                #expect(value == computed, "\(setting.key)")
            } else {
                #expect(value?.description == setting.defaultText, "\(setting.key)")
            }
        }
    }

    @Test func `a default depends on other settings in force`() throws {
        let found = try settings(
            flags: [.workerThreads: "17", .maxStreams: "10", .database: "sqlite:/tmp/a.db"],
            environment: ["SENDLOG_RECORDING_MAX_UPLOADS": "5"]
        )
        #expect(found["sqlite.readers"]?.value == .number(17))
        #expect(found["http.maxStreamsPerOrganisation"]?.value == .number(10))
        #expect(found["recording.maxUploadsPerOrganisation"]?.value == .number(5))
        #expect(found["recording.spoolFolder"]?.value == .text("/tmp"))
        #expect(found["sqlite.readers"]?.source == .default)
    }

    @Test func `the source that takes precedence is named`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("sendlog.json", #"{"http": {"port": 1, "host": "::1", "idleTimeout": 7}}"#)
        let found = try settings(
            flags: [.port: "3"],
            environment: ["SENDLOG_HTTP_PORT": "2", "SENDLOG_HTTP_HOST": "127.0.0.2"],
            file: file
        )
        func expect(_ key: String, _ value: SettingInForce.Value, _ origin: String) {
            #expect(found[key]?.value == value)
            #expect(found[key]?.origin == origin)
        }
        expect("http.port", .number(3), "flag --port")
        expect("http.host", .text("127.0.0.2"), "variable SENDLOG_HTTP_HOST")
        expect("http.idleTimeout", .number(7), "file \(file)")
        expect("http.headTimeout", .number(20), "default")
        #expect(found["http.idleTimeout"]?.file == file && found["http.idleTimeout"]?.name == "http.idleTimeout")
    }

    @Test func `every setting is shown from every source`() throws {
        let folder = try TemporaryFolder()
        for setting in Setting.all {
            let text: String
            switch setting.kind {
            // The lowest value is valid together with all defaults, but for that of a lease.
            case .number(let range): text = setting == .webhookLease ? "60" : "\(range.lowerBound)"
            case .choice(let choices): text = choices[0]
            case .text:
                let texts: [Setting: String] = [
                    .database: "sqlite:other.db", .host: "::1", .trustedProxies: "10.0.0.1", .basePath: "/a",
                    .allowedOrigins: "https://a.example", .spoolFolder: folder.path, .webhookAllow: "10.0.0.1",
                ]
                text = try #require(texts[setting], "add \(setting.key) to this test")
            }
            let parts = setting.key.split(separator: ".")
            let json = Int(text).map { "\($0)" } ?? "\"\(text)\""
            let nested = parts.reversed().reduce(json) { "{\"\($1)\": \($0)}" }
            let file = try folder.write("a.json", nested)
            for (source, found) in [
                (SettingInForce.Source.flag, try settings(flags: [setting: text])),
                (.variable, try settings(environment: [setting.variable: text])),
                (.file, try settings(file: file)),
            ] {
                let one = try #require(found[setting.key])
                #expect(one.value.description == text && one.source == source, "\(one)")
                #expect(found.values.filter { $0.source != .default } == [one], "\(one)")
            }
        }
    }

    @Test func `a former name is shown as such`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("a.json", #"{"webhooks": {"lanes": 9}}"#)
        let found = try settings(environment: ["SENDLOG_SQLITE_PATIENCE": "8"], file: file)
        let variable = try #require(found["sqlite.lockTimeout"])
        #expect(variable.value == .number(8) && variable.isFormerName)
        #expect(variable.origin == "variable SENDLOG_SQLITE_PATIENCE (former name)")
        let inFile = try #require(found["webhooks.workers"])
        #expect(inFile.origin == "file \(file), as webhooks.lanes (former name)")
        #expect(found.values.count { $0.isFormerName } == 2)
    }

    @Test(arguments: [
        ("postgres://me:secret@host/sends", "postgres://me:***@host/sends"),
        ("postgres://host/sends", "postgres://host/sends"), ("postgres://me@host/sends", "postgres://me@host/sends"),
        (
            "postgresql://me:secret@one:5433,two:5434/sends?sslmode=require&application_name=a",
            "postgres://me:***@one:5433,two:5434/sends?application_name=a&sslmode=require"
        ),
        ("postgres:///sends?host=/run/x&password=secret", "postgres://:***@/run/x/sends"),
        (
            "postgres://me@host/sends?sslpassword=secret&hostaddr=10.0.0.1",
            "postgres://me@host/sends?sslpassword=***&hostaddr=10.0.0.1"
        ),
    ])
    func `the location of a database is shown without its secrets`(text: String, shown: String) throws {
        let value = try #require(try settings(flags: [.database: text])["database"]?.value.description)
        #expect(!value.contains("secret"))
        // The order of the options is libpq's.
        func parts(_ text: String) -> Set<String> { Set(text.split { "?&".contains($0) }.map(String.init)) }
        #expect(parts(value) == parts(shown), "\(value)")
    }

    @Test func `a number is a number in JSON, and what is not known is left out`() throws {
        let found = try settings(flags: [.port: "0"])
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let port = String(decoding: try encoder.encode(found["http.port"]), as: UTF8.self)
        #expect(port == #"{"isFormerName":false,"key":"http.port","name":"--port","source":"flag","value":0}"#)
        let host = String(decoding: try encoder.encode(found["http.host"]), as: UTF8.self)
        #expect(host == #"{"isFormerName":false,"key":"http.host","source":"default","value":"127.0.0.1"}"#)
    }
}
