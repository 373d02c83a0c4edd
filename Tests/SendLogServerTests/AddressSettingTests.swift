import Foundation
import SendLogHTTP
import TestSupport
import Testing

@testable import SendLogServer

/// The address to listen on, the base path and the allowed origins.
@Suite struct AddressSettingTests {
    private func configuration(_ setting: Setting, _ text: String) throws(ConfigurationError) -> ServiceConfiguration {
        try ServiceConfiguration(try ConfigurationSources(flags: [setting: text], environment: [:], file: nil))
    }

    private func refusal(_ setting: Setting, _ text: String) -> String? {
        do throws(ConfigurationError) {
            _ = try configuration(setting, text)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        ("[::1]", "::1", "[::1]:80"), ("::1", "::1", "[::1]:80"), ("::", "::", "[::]:80"),
        ("[fe80::1%eth0]", "fe80::1%eth0", "[fe80::1%eth0]:80"), ("127.0.0.1", "127.0.0.1", "127.0.0.1:80"),
        ("db-1.example.com", "db-1.example.com", "db-1.example.com:80"), ("localhost", "localhost", "localhost:80"),
    ])
    func `an address can have brackets, and is shown as in a URL`(text: String, host: String, shown: String) throws {
        let settings = try configuration(.host, text).server
        #expect(settings.host == host)
        #expect(ListenAddress(settings).with(port: 80) == shown)
    }

    @Test(arguments: [
        "[::1", "::1]", "[127.0.0.1]", "[localhost]", "[]", "127.0.0.1:8080", "localhost:80", "[::1]:80", "::1::2",
        "http://localhost", "a b", "host/path", "münchen.example",
    ])
    func `an invalid address is refused`(text: String) {
        #expect(
            refusal(.host, text)
                == "--host must be a host name or an IP address without a port, such as 127.0.0.1 or ::1, not \(text)"
        )
    }

    @Test(arguments: [
        ("/sendlog", "/sendlog"), ("/a/b.c/d-e_f~1", "/a/b.c/d-e_f~1"), ("/", ""),
    ])
    func `a base path is a path without a slash at its end`(text: String, path: String) throws {
        #expect(try configuration(.basePath, text).server.basePath == path)
    }

    @Test(arguments: [
        "sendlog", "/sendlog/", "//", "//sendlog", "/a//b", "/.", "/a/../b", "/a b", "/a?b", "/a%20b", "/é", "/\"",
        "https://example.com/sendlog",
    ])
    func `an invalid base path is refused`(text: String) {
        #expect(refusal(.basePath, text)?.hasPrefix("--base-path must be a path such as /sendlog") == true)
    }

    @Test(arguments: [
        ("https://app.example.com", ["https://app.example.com"]),
        ("HTTPS://App.Example.COM:443, http://a.example:80", ["https://app.example.com", "http://a.example"]),
        ("https://a.example:80,http://a.example:443", ["https://a.example:80", "http://a.example:443"]),
        ("http://localhost:3000", ["http://localhost:3000"]), ("http://[::1]:3000", ["http://[::1]:3000"]),
        ("capacitor://localhost", ["capacitor://localhost"]), ("*", ["*"]),
    ])
    func `origins are read as browsers send them`(text: String, origins: [String]) throws {
        #expect(try configuration(.allowedOrigins, text).allowedOrigins == origins)
    }

    @Test(arguments: [
        "app.example.com", "https://", "https://a.example/", "https://a.example/path", "https://a.example?b",
        "https://user@a.example", "https://*.example.com", "null", "https://a.example:0", "https://a.example:65536",
        "https://a.example:", "https://[::1", "https://[::1]x", "https://[:::]", "//a.example", "https://münchen",
    ])
    func `an invalid origin is refused by its text`(part: String) {
        let refusal = refusal(.allowedOrigins, "https://b.example,\(part)")
        #expect(refusal?.hasPrefix("--allowed-origins must be origins such as https://app.example.com:8443") == true)
        #expect(refusal?.hasSuffix("; \(part) is invalid") == true)
    }

    @Test(arguments: [",", ",,", "10.0.0.1,,10.0.0.2", "10.0.0.1,", ", 10.0.0.1"])
    func `a list with an empty item is refused`(list: String) throws {
        let origins = list.replacing(/[0-9.]+/) { "http://\($0.output)" }
        let folder = try TemporaryFolder()
        let path = try folder.write("a.json", #"{"http": {"trustedProxies": "\#(list)"}}"#)
        let error = #expect(throws: ConfigurationError.self) {
            try ServiceConfiguration(try ConfigurationSources(flags: [:], environment: [:], file: path))
        }
        for (refusal, name) in [
            (refusal(.allowedOrigins, origins), "--allowed-origins"),
            (refusal(.trustedProxies, list), "--trusted-proxies"),
            (refusal(.webhookAllow, list), "--webhooks-allow"), (error?.description, "http.trustedProxies in \(path)"),
        ] {
            #expect(refusal?.hasPrefix("\(name) must be ") == true)
            #expect(refusal?.hasSuffix("; an item is empty") == true)
        }
    }

    @Test(arguments: [("10.0.0.1/8", "10.0.0.0/8"), ("2001:db8::1/32", "2001:db8::/32")])
    func `a network with bits after its prefix is refused, and the network is named`(text: String, meant: String) {
        for setting in [Setting.trustedProxies, .webhookAllow] {
            let ending = "; \(text) is invalid; did you mean \(meant)?"
            #expect(refusal(setting, text)?.hasSuffix(ending) == true)
        }
    }

    @Test func `all origins are allowed only by a star alone`() {
        #expect(refusal(.allowedOrigins, "*,https://a.example")?.hasSuffix("; * is invalid") == true)
    }

    @Test(arguments: [
        (
            EADDRINUSE, 8080,
            "cannot listen on [::1]:8080: the address is already in use by another program; choose another with http.port (--port)"
        ),
        (
            EACCES, 80,
            "cannot listen on [::1]:80: permission denied, as for most ports below 1024; choose another with http.port (--port)"
        ),
        (
            EADDRNOTAVAIL, 8080,
            "cannot listen on [::1]:8080: this machine does not have the address; choose another with http.host (--host)"
        ),
        (
            EAFNOSUPPORT, 8080,
            "cannot listen on [::1]:8080: Address family not supported by protocol; change http.host (--host) or http.port (--port)"
        ),
    ])
    func `a failure to listen names the address, the reason and the setting`(
        code: Int32,
        port: Int,
        message: String
    ) throws {
        let flags: [Setting: String] = [.host: "::1", .port: "\(port)"]
        let sources = try ConfigurationSources(flags: flags, environment: [:], file: nil)
        #expect(ListenAddress(try ServiceConfiguration(sources).server).failure(code: code) == message)
    }

    @Test(arguments: [
        (#"{"http": {"host": "127.0.0.1:80"}}"#, Setting.host, "::1", "http.host"),
        (#"{"http": {"port": 70000}}"#, .port, "80", "http.port"),
        (#"{"http": {"basePath": "a"}}"#, .basePath, "/a", "http.basePath"),
        (#"{"http": {"allowedOrigins": "a"}}"#, .allowedOrigins, "*", "http.allowedOrigins"),
        (#"{"http": {"trustedProxies": "a"}}"#, .trustedProxies, "10.0.0.1", "http.trustedProxies"),
        (#"{"webhooks": {"allow": "a b!"}}"#, .webhookAllow, "a", "webhooks.allow"),
        (#"{"log": {"level": "loud"}}"#, .logLevel, "info", "log.level"),
        (#"{"database": "mysql:a"}"#, .database, "sqlite:a.db", "database"),
        (#"{"sqlite": {"patience": -1}}"#, .sqliteLockTimeout, "5", "sqlite.patience"),
    ])
    func `an invalid value is refused even if another source hides it`(
        file: String,
        setting: Setting,
        text: String,
        key: String
    ) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("configuration.json", file)
        for (flags, environment) in [([setting: text], [:]), ([:], [setting.variable: text])] {
            let error = #expect(throws: ConfigurationError.self) {
                try ServiceConfiguration(try ConfigurationSources(flags: flags, environment: environment, file: path))
            }
            #expect(error?.description.hasPrefix("\(key) in \(path) must be ") == true)
        }
    }
}
