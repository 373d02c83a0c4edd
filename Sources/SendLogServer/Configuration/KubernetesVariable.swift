import SendLogNetwork

/// The variables that Kubernetes sets in every container for the Services of its namespace.
///
/// Those of a Service named `sendlog` begin with `SENDLOG_`
/// (<https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>).
enum KubernetesVariable {
    /// Returns whether both the name and the value of a variable have the form that Kubernetes gives them.
    static func has(_ name: String, _ value: String) -> Bool {
        let port = /(?:_[A-Z0-9_]+?)??_PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?<part>_PROTO|_PORT|_ADDR)?)?/
        if name.hasSuffix("_SERVICE_HOST") { return IPAddress(value) != nil }
        if name.contains(/_SERVICE_PORT(?:_[A-Z0-9_]+)?$/) { return isPort(value) }
        guard let match = name.dropFirst("SENDLOG".count).wholeMatch(of: port) else { return false }
        switch match.output.part {
        case "_PROTO": return ["tcp", "udp", "sctp"].contains(value)
        case "_PORT": return isPort(value)
        case "_ADDR": return IPAddress(value) != nil
        default:
            // Such as tcp://10.0.0.1:8080, or tcp://[fd00::1]:8080.
            let url = /(?:tcp|udp|sctp):\/\/(?:\[(?<six>[0-9a-f:.]+)\]|(?<four>[0-9.]+)):(?<port>[0-9]+)/
            guard let match = value.wholeMatch(of: url) else { return false }
            let address = match.output.six ?? match.output.four ?? ""
            return IPAddress(String(address)) != nil && isPort(match.output.port)
        }
    }

    private static func isPort(_ text: some StringProtocol) -> Bool {
        UInt16(text).map { $0 > 0 } ?? false
    }
}
