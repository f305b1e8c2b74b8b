#include "apps/cli.h"

#include <fmt/format.h>
#include <sysexits.h>

namespace minitalk {

std::optional<int> ParseCommandLine(CLI::App& app, const std::string& program, int argc,
                                    char** argv) {
  app.name(program);
  app.set_version_flag("--version", fmt::format("minitalk {}", kVersion));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "{}: {}; see {} --help\n", program, error.what(), program);
    return EX_USAGE;
  }
  return std::nullopt;
}

}  // namespace minitalk
