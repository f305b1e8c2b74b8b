#include "leftovers.h"

#include <filesystem>
#include <fstream>

#include "process_harness.h"

namespace minitalk {
namespace {

void AddFiles(const std::filesystem::path& folder, const std::string& beginning, Names* names) {
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
    if (entry.path().filename().string().starts_with(beginning)) names->insert(entry.path());
  }
}

void AddSysvQueues(Names* names) {
  // The key and the id stay the same; the counters in the columns after them do not.
  constexpr std::size_t kKeyAndId = 21;
  std::ifstream queues("/proc/sysvipc/msg");
  std::string line;
  std::getline(queues, line);  // the heading
  while (std::getline(queues, line)) names->insert("queue " + line.substr(0, kKeyAndId));
}

}  // namespace

Names NamedObjects() {
  Names names;
  AddFiles("/dev/mqueue", "", &names);
  AddFiles("/dev/shm", "", &names);
  AddFiles(std::filesystem::temp_directory_path(), "minitalk-carrier-", &names);
  AddSysvQueues(&names);
  return names;
}

std::string StaysSince(const Names& before) {
  Names fresh = NamedObjects();
  std::erase_if(fresh, [&](const std::string& name) { return before.contains(name); });
  Eventually([&] {
    const Names now = NamedObjects();
    std::erase_if(fresh, [&](const std::string& name) { return !now.contains(name); });
    return fresh.empty();
  });
  std::string lines;
  for (const std::string& name : fresh) lines += name + "\n";
  return lines;
}

}  // namespace minitalk
