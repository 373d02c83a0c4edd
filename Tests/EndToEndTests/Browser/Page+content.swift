extension Page {
    /// The address of the document that is shown.
    var url: String { get throws { try evaluate("location.href").plainText } }

    var title: String { get throws { try evaluate("document.title").plainText } }

    /// The whole document as it is now.
    var html: String { get throws { try evaluate("document.documentElement.outerHTML").plainText } }

    /// The visible text of the page.
    var text: String { get throws { try text(of: "body") } }

    /// Returns the visible text of an element.
    func text(of locator: Locator) throws -> String {
        try call("function() { return this.innerText ?? this.textContent }", on: locator).plainText
    }

    /// Returns whether a selector matches any element.
    func exists(_ selector: String) throws -> Bool { try count(of: selector) > 0 }

    /// Returns the number of elements that a selector matches.
    func count(of selector: String) throws -> Int {
        try evaluate("document.querySelectorAll(\(JSON.text(selector))).length").integer ?? 0
    }

    /// Returns whether an element exists and is visible.
    func isVisible(_ selector: String) throws -> Bool {
        try exists(selector)
            && call(
                """
                function() {
                    const { width, height } = this.getBoundingClientRect();
                    return this.checkVisibility({ visibilityProperty: true, opacityProperty: true })
                        && width > 0 && height > 0;
                }
                """,
                on: .selector(selector)
            ).isTrue
    }

    /// Returns an attribute as written in the document, or `nil` if there is none.
    func attribute(_ name: String, of locator: Locator) throws -> String? {
        try call("function(name) { return this.getAttribute(name) }", on: locator, .string(name)).string
    }

    /// Returns the value of a control.
    func value(of locator: Locator) throws -> String {
        try call("function() { return this.value }", on: locator).plainText
    }

    /// Returns whether a checkbox or radio button is checked.
    func isChecked(_ locator: Locator) throws -> Bool {
        try call("function() { return this.checked }", on: locator).isTrue
    }

    /// The pixels by which the document is wider than the window, so that a user has to scroll sideways.
    var overflow: Int {
        get throws {
            try evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth").integer ?? 0
        }
    }

    /// Returns the computed value of a style property of an element.
    func style(_ property: String, of locator: Locator) throws -> String {
        try call(
            "function(property) { return getComputedStyle(this).getPropertyValue(property) }",
            on: locator,
            .string(property)
        ).plainText
    }
}
