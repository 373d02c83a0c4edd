import SendLogCore
import SendLogNetwork
import Testing

@testable import SendLogWebhooks

/// IP addresses and networks, and the rules for the addresses that webhooks may use.
struct AddressRulesTests {
    @Test(
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("2001:DB8::0:1", "2001:db8::1"), ("0.0.0.0", "0.0.0.0"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ]
    )
    func `addresses are parsed and printed`(text: String, written: String) throws {
        #expect(try #require(IPAddress(text)).description == written)
    }

    @Test(
        arguments: [
            "", "127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "1.2.3.256", "1.2.3", "[::1]", "::1%lo", "a", ":::",
            " 1.2.3.4", "1.2.3.4 ", "1::2::3", "fe80::1%25eth0",
        ]
    )
    func `other notations are not parsed`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        arguments: [
            ("::ffff:10.0.0.1", "10.0.0.1"), ("::10.0.0.1", "10.0.0.1"), ("64:ff9b::a00:1", "10.0.0.1"),
            ("2002:a00:1::5", "10.0.0.1"), ("::1", "0.0.0.1"), ("2001:db8::1", nil), ("64:ff9b:1::a00:1", nil),
            ("::ffff:0:10.0.0.1", nil), ("10.0.0.1", nil),
        ] as [(String, String?)]
    )
    func `IPv4 addresses are found within IPv6 addresses`(text: String, embeddedIPv4: String?) throws {
        #expect(try #require(IPAddress(text)).embeddedIPv4?.description == embeddedIPv4)
    }

    @Test(
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "8.8.8.8", true),
            ("192.168.1.128/25", "192.168.1.127", false), ("192.168.1.128/25", "192.168.1.200", true),
            ("172.16.0.0/12", "172.31.255.255", true), ("172.16.0.0/12", "172.32.0.0", false),
            ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false), ("10.1.2.3/32", "10.1.2.2", false),
            ("10.0.0.0/31", "10.0.0.1", true), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false),
            ("2001:db8::/33", "2001:db8:8000::", false), ("::/0", "1.2.3.4", false), ("0.0.0.0/0", "::1", false),
        ]
    )
    func `networks contain addresses with their prefix`(network: String, address: String, isWithin: Bool) throws {
        let (network, address) = (try #require(IPNetwork(network)), try #require(IPAddress(address)))
        #expect(network.contains(address) == isWithin)
    }

    @Test(arguments: [
        "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/a", "/8", "", "::/129", "a/8", "10/8", "1.2.3.4/8/8",
        // The bits after the prefix are not 0.
        "10.9.9.9/8", "10.0.0.1/31", "192.168.1.129/25", "2001:db8::1/32", "0.0.0.1/0",
    ])
    func `an invalid network is not parsed`(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test(
        arguments: [
            ("10.0.0.1/8", "10.0.0.0/8"), ("192.168.1.200/25", "192.168.1.128/25"), ("10.0.0.1/32", "10.0.0.1/32"),
            ("2001:db8::1/32", "2001:db8::/32"), ("1.2.3.4/0", "0.0.0.0/0"), ("10.0.0.1/33", nil), ("a/8", nil),
            ("", nil),
        ] as [(String, String?)]
    )
    func `an address with a prefix length has an enclosing network`(text: String, network: String?) {
        #expect(IPNetwork.enclosing(text) == network)
    }

    @Test(
        arguments: [
            "8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
            "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
            "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00::1",
            "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
        ]
    )
    func `public addresses are public`(text: String) throws {
        #expect(AddressRules.isPublic(try #require(IPAddress(text))))
    }

    @Test(
        arguments: [
            "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.0",
            "127.255.255.255", "169.254.0.0", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.8",
            "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
            "198.51.100.1", "203.0.113.1", "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255",
            "::", "::1", "::ffff:127.0.0.1", "::ffff:0:7f00:1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
            "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1",
            "fec0::1", "ff02::1", "100::1", "3fff::1", "5f00::1", "4000::1",
        ]
    )
    func `all other addresses are not public`(text: String) throws {
        #expect(!AddressRules.isPublic(try #require(IPAddress(text))))
    }

    @Test(
        arguments: [
            ("127.0.0.1/32", "127.0.0.1", "a", true), ("127.0.0.1/32", "127.0.0.2", "a", false),
            ("127.0.0.1", "::1", "a", false), ("127.0.0.1", "::ffff:127.0.0.1", "a", false),
            ("10.0.0.0/8, fd00::/8", "fd12::1", "a", true),
            ("receiver.internal", "10.0.0.1", "receiver.internal", true),
            ("Receiver.Internal", "10.0.0.1", "RECEIVER.internal", true), ("receiver.internal", "10.0.0.1", "a", false),
            ("receiver.internal", "10.0.0.1", "x.receiver.internal", false), ("", "8.8.8.8", "a", true),
            ("", "10.0.0.1", "a", false),
        ]
    )
    func `operators can allow more addresses`(list: String, address: String, host: String, isAllowed: Bool) throws {
        let rules = try AddressRules(allowing: list)
        #expect(rules.allows(try #require(IPAddress(address)), for: host) == isAllowed)
    }

    @Test(arguments: [
        "10.0.0.0/33", "10.0.0", "1.2.3.4.5", "http://a", "0x7f000001", "a/8", "10.0.0.1, b c;d", "::1/129",
        " , ,", "a,", "a,,b", "10.0.0.1/8",
    ])
    func `an invalid entry of the list is reported`(list: String) {
        #expect(throws: AddressRules.InvalidEntry.self) { try AddressRules(allowing: list) }
    }
}
