import TestSupport

/// Evaluates scripts, and finds elements by CSS selector or accessible name.
extension Page {
    /// Evaluates a script in the page, even if the page's scripts are disabled.
    ///
    /// - Parameter expression: JavaScript; a promise is awaited
    /// - Returns: the value as JSON.
    /// - Throws: the exception of the script.
    @discardableResult func evaluate(_ expression: String) throws -> JSON {
        try run("Runtime.evaluate", ["expression": .string(expression), "returnByValue": true])["value"]
    }

    /// Calls a function with an element as `this`.
    ///
    /// - Parameters:
    ///   - function: a JavaScript function
    ///   - locator: the element
    ///   - arguments: the arguments of the function
    /// - Returns: the result of the function.
    /// - Throws: if the element is missing; the exception of the function.
    @discardableResult func call(_ function: String, on locator: Locator, _ arguments: JSON...) throws -> JSON {
        try call(function, onObject: find(locator), arguments)
    }

    /// Returns the ID of the JavaScript object of an element.
    ///
    /// - Throws: if the element is missing.
    func find(_ locator: Locator) throws -> String {
        switch locator {
        case .selector(let selector):
            let object = try object("document.querySelector(\(JSON.text(selector)))")
            guard let object else { throw TestFailure("there is no \(locator) in \(try url)") }
            return object
        case .named(let name, let role):
            let nodes = try nodes(named: name, role: role)
            guard nodes.count == 1, let node = nodes.first else {
                let found = nodes.isEmpty ? "not" : "more than one"
                let roles = nodes.map { $0["role"]["value"].plainText }.joined(separator: ", ")
                throw TestFailure("in \(try url) there is \(found) \(locator)\(roles.isEmpty ? "" : ": \(roles)")")
            }
            let resolved = try call("DOM.resolveNode", ["backendNodeId": node["backendDOMNodeId"]])
            return resolved["object"]["objectId"].plainText
        }
    }

    /// Calls a function with an object as `this`.
    func call(_ function: String, onObject object: String, _ arguments: [JSON] = []) throws -> JSON {
        let values = arguments.map { JSON.object(["value": $0]) }
        let parameters: JSON = [
            "functionDeclaration": .string(function), "objectId": .string(object), "arguments": .array(values),
            "returnByValue": true,
        ]
        return try run("Runtime.callFunctionOn", parameters)["value"]
    }

    /// Evaluates an expression to an object in the page.
    ///
    /// - Returns: the object's ID, or `nil` if the value is `null`.
    func object(_ expression: String) throws -> String? {
        try run("Runtime.evaluate", ["expression": .string(expression)])["objectId"].string
    }

    private func nodes(named name: String, role: String?) throws -> [JSON] {
        guard let document = try object("document") else { return [] }
        var query: [String: JSON] = ["objectId": .string(document), "accessibleName": .string(name)]
        if let role { query["role"] = .string(role) }
        return try call("Accessibility.queryAXTree", .object(query))["nodes"].elements.filter { node in
            guard !node["ignored"].isTrue, node["backendDOMNodeId"] != .null else { return false }
            return role != nil
                || node["properties"].elements.contains { property in
                    ["focusable", "disabled"].contains(property["name"].plainText) && property["value"]["value"].isTrue
                }
        }
    }

    private func run(_ method: String, _ parameters: JSON) throws -> JSON {
        // The clipboard and other APIs require a user gesture.
        let always: [String: JSON] = ["awaitPromise": true, "userGesture": true]
        let response = try call(method, .object(parameters.members.merging(always) { first, _ in first }))
        let problem = response["exceptionDetails"]
        guard problem == .null else {
            let text = problem["exception"]["description"].string ?? problem["exception"]["value"].plainText
            throw TestFailure("\(problem["text"].plainText): \(text)")
        }
        return response["result"]
    }
}
