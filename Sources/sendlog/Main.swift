import ArgumentParser
import SendLogServer

@main struct Main { static func main() {} }
