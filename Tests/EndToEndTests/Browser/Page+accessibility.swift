/// A node of the accessibility tree of a page.
struct AccessibleNode: Sendable, Equatable, CustomStringConvertible {
    /// A role of ARIA, or else of Chromium, for example `RootWebArea` and `StaticText`.
    let role: String
    let name: String
    /// The number of ancestors in the tree.
    let depth: Int
    /// The value of a control, or an empty string.
    let value: String
    /// The accessible description, for example a field's hint.
    let note: String
    /// `focusable`, `focused`, `disabled`, `checked`, `expanded`, `level`, `required`, `invalid`… with their values.
    let properties: [String: String]

    /// The node's line in an outline of the page, without properties that are `false`.
    var description: String {
        let rest = properties.filter { $1 != "false" }.map { "\($0)=\($1)" }.sorted()
        let words = [role, "\"\(name)\""] + (value.isEmpty ? [] : ["value=\"\(value)\""]) + rest
        return String(repeating: "  ", count: depth) + words.joined(separator: " ")
    }

    init(_ json: JSON, depth: Int) {
        func string(_ name: String) -> String { json[name]["value"].string ?? "" }
        (role, name, self.depth) = (string("role"), string("name"), depth)
        value = json["value"]["value"] == .null ? "" : json["value"]["value"].plainText
        note = string("description")
        let pairs = json["properties"].elements.filter { $0["value"]["value"] != .null }
            .map { ($0["name"].plainText, $0["value"]["value"].plainText) }
        properties = Dictionary(pairs) { first, _ in first }
    }
}

extension Page {
    /// Returns the accessibility tree of the page, in the order of the document.
    func accessibilityTree() throws -> [AccessibleNode] {
        let all = try call("Accessibility.getFullAXTree")["nodes"].elements
        let nodes = Dictionary(all.map { ($0["nodeId"].plainText, $0) }) { first, _ in first }
        var found: [AccessibleNode] = []
        func visit(_ node: JSON, depth: Int) {
            // The inline boxes of a text repeat the text line by line.
            guard node["role"]["value"] != "InlineTextBox" else { return }
            let isIgnored = node["ignored"].isTrue
            if !isIgnored { found.append(AccessibleNode(node, depth: depth)) }
            for child in node["childIds"].elements {
                if let child = nodes[child.plainText] { visit(child, depth: isIgnored ? depth : depth + 1) }
            }
        }
        for root in all where root["parentId"] == .null { visit(root, depth: 0) }
        return found
    }

    /// The focused node, or `nil` if the document has the focus.
    var focusedNode: AccessibleNode? {
        get throws {
            let expression = """
                (() => {
                    let element = document.activeElement;
                    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
                    return element === document.body ? null : element;
                })()
                """
            guard let element = try object(expression) else { return nil }
            let query: JSON = ["objectId": .string(element), "fetchRelatives": false]
            return AccessibleNode(try call("Accessibility.getPartialAXTree", query)["nodes"][0], depth: 0)
        }
    }

    /// The focused node, for example `button "Save"`, or an empty string if the document has the focus.
    var focused: String {
        get throws { try focusedNode.map { "\($0.role) \"\($0.name)\"" } ?? "" }
    }
}
