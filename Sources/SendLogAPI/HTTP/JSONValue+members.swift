import SendLogCore

/// Reads members of a small body.
extension JSONValue {
    /// Returns the value of an object's only member; `nil` if the object is empty.
    ///
    /// - Throws: ``InvalidInput`` for any other member, and for a value that is not an object.
    func onlyMember(_ name: String) throws(InvalidInput) -> JSONValue? {
        guard case .object(let members) = self else { throw InvalidInput(path: "", "must be an object, not \(kind)") }
        for member in members where member.name != name {
            let path = Naming.path(member.name)
            throw InvalidInput(path: path, "is not a known field; the only known field is \"\(name)\"")
        }
        if members.count > 1 { throw InvalidInput(path: name, "must be given only once") }
        return members.first?.value
    }

    /// Returns the text of a field whose value is a string.
    ///
    /// - Throws: ``InvalidInput`` that names the field, for any other value.
    func text(of field: String) throws(InvalidInput) -> String {
        guard case .string(let text) = self else { throw InvalidInput(path: field, "must be a string, not \(kind)") }
        return text
    }
}
