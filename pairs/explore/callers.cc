#include "pairs/explore/callers.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <map>
#include <tuple>

#if MINITALK_HAS_LIBDW
#include <elfutils/libdwfl.h>
#endif

namespace minitalk::explore {
namespace {

struct Member {
  const char* function;
  Family family;
};

// POSIX lists what is safe; these are the others that people call in handlers.
constexpr Member kMembers[] = {
    {"printf", kStdio},       {"fprintf", kStdio},       {"vprintf", kStdio},  {"vfprintf", kStdio},
    {"puts", kStdio},         {"putchar", kStdio},       {"fputs", kStdio},    {"fputc", kStdio},
    {"putc", kStdio},         {"fwrite", kStdio},        {"fflush", kStdio},   {"perror", kStdio},
    {"fgets", kStdio},        {"fread", kStdio},         {"getchar", kStdio},  {"scanf", kStdio},
    {"__printf_chk", kStdio}, {"__fprintf_chk", kStdio}, {"fopen", kStdio},    {"fclose", kStdio},
    {"malloc", kMemory},      {"free", kMemory},         {"calloc", kMemory},  {"realloc", kMemory},
    {"exit", kProcessEnd},    {"syslog", kTime},         {"localtime", kTime}, {"ctime", kTime},
    {"strftime", kTime},
};

}  // namespace

std::uint8_t FamilyOf(const std::string& function) {
  for (const auto& [name, family] : kMembers) {
    if (function == name) return family;
  }
  const bool stream = function.starts_with("_ZNSo") || function.starts_with("_ZStls") ||
                      function.starts_with("_ZSt16__ostream_insert");
  if (stream) return kStreams;
  return 0;
}

#if MINITALK_HAS_LIBDW
namespace {

// What libdwfl is told of the tracee whose stack is walked.
struct Walk {
  const Tracee* tracee;
  const Registers* registers;
  Dwfl* modules;
  Dwarf_Addr program;  // an address in the executable; 0: no lines
  std::vector<Frame> frames = {};
};

constexpr pid_t kThread = 1;  // libdwfl wants a number; there is one stack at a time
constexpr std::size_t kDeepest = 64;

pid_t NextThread(Dwfl*, void* walk, void** thread) {
  if (*thread != nullptr) return 0;
  *thread = walk;
  return kThread;
}

bool GetThread(Dwfl*, pid_t, void* walk, void** thread) {
  *thread = walk;
  return true;
}

Walk* g_walk = nullptr;  // the attached state keeps its first argument for good

bool ReadMemory(Dwfl*, Dwarf_Addr address, Dwarf_Word* result, void*) {
  return g_walk->tracee->ReadValue(address, result);
}

// By the numbers that DWARF gives to registers.
bool SetRegisters(Dwfl_Thread* thread, void*) {
  const Registers& r = *g_walk->registers;
#if defined(__x86_64__)
  const std::array<Dwarf_Word, 17> words{r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi,
                                         r.rbp, r.rsp, r.r8,  r.r9,  r.r10, r.r11,
                                         r.r12, r.r13, r.r14, r.r15, r.rip};
#else
  std::array<Dwarf_Word, 32> words{};
  for (std::size_t i = 0; i < 31; ++i) words[i] = r.x[i];
  words[31] = r.sp;
  dwfl_thread_state_register_pc(thread, r.pc);
#endif
  return dwfl_thread_state_registers(thread, 0, words.size(), words.data());
}

constexpr Dwfl_Thread_Callbacks kThreads{.next_thread = NextThread,
                                         .get_thread = GetThread,
                                         .memory_read = ReadMemory,
                                         .set_initial_registers = SetRegisters,
                                         .detach = nullptr,
                                         .thread_detach = nullptr};

// Of the program's own code: where a library has lines, they are of no interest.
std::string LineAt(Dwfl* modules, Dwarf_Addr address, Dwarf_Addr program) {
  if (dwfl_addrmodule(modules, address) != dwfl_addrmodule(modules, program)) return "";
  Dwfl_Line* line = dwfl_getsrc(modules, address);
  int number = 0;
  const char* file =
      line == nullptr ? nullptr : dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr);
  if (file == nullptr) return "";
  const std::string path(file);
  return fmt::format("{}:{}", path.substr(path.rfind('/') + 1), number);
}

std::string NameAt(Dwfl* modules, Dwarf_Addr address) {
  Dwfl_Module* module = dwfl_addrmodule(modules, address);
  const char* name = module == nullptr ? nullptr : dwfl_module_addrname(module, address);
  return name == nullptr ? "" : name;
}

// Where the executable is mapped; 0: not known.
Dwarf_Addr BeginOfProgram(Dwfl* modules, const Tracee& tracee) {
  std::error_code error;
  std::string path =
      std::filesystem::read_symlink(fmt::format("/proc/{}/exe", tracee.id()), error).string();
  std::pair<const std::string&, Dwarf_Addr> wanted(path, 0);
  const auto look = [](Dwfl_Module*, void**, const char* name, Dwarf_Addr begin, void* data) {
    auto& [exe, found] = *static_cast<std::pair<const std::string&, Dwarf_Addr>*>(data);
    if (name == exe) found = begin;
    return static_cast<int>(DWARF_CB_OK);
  };
  dwfl_getmodules(modules, look, &wanted, 0);
  return wanted.second;
}

int TakeFrame(Dwfl_Frame* frame, void* data) {
  auto& walk = *static_cast<Walk*>(data);
  Dwarf_Addr pc = 0;
  bool is_activation = false;
  if (!dwfl_frame_pc(frame, &pc, &is_activation)) return DWARF_CB_ABORT;
  if (!is_activation) --pc;  // in the call, not behind it
  walk.frames.push_back({NameAt(walk.modules, pc), walk.program != 0
                                                       ? LineAt(walk.modules, pc, walk.program)
                                                       : std::string()});
  return walk.frames.size() < kDeepest ? DWARF_CB_OK : DWARF_CB_ABORT;
}

}  // namespace

struct Callers::Modules {
  Dwfl* dwfl = nullptr;
  Dwarf_Addr program = 0;  // where the executable begins
  char* no_path = nullptr;
  Dwfl_Callbacks callbacks{.find_elf = dwfl_linux_proc_find_elf,
                           .find_debuginfo = dwfl_standard_find_debuginfo,
                           .section_address = nullptr,
                           .debuginfo_path = &no_path};
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::size_t>, Unsafe> known;
};

Callers::Callers(const Tracee& tracee) : modules_(std::make_unique<Modules>()) {
  modules_->dwfl = dwfl_begin(&modules_->callbacks);
  if (modules_->dwfl == nullptr) return;
  dwfl_linux_proc_report(modules_->dwfl, tracee.id());
  dwfl_report_end(modules_->dwfl, nullptr, nullptr);
  modules_->program = BeginOfProgram(modules_->dwfl, tracee);
  dwfl_attach_state(modules_->dwfl, nullptr, tracee.id(), &kThreads, nullptr);
}

Callers::~Callers() {
  if (modules_->dwfl != nullptr) dwfl_end(modules_->dwfl);
}

std::vector<Frame> Callers::Stack(const Tracee& tracee, const Registers& registers, bool lines) {
  Walk walk{&tracee, &registers, modules_->dwfl, lines ? modules_->program : 0};
  if (walk.modules == nullptr) return {};
  g_walk = &walk;
  dwfl_getthread_frames(walk.modules, kThread, TakeFrame, &walk);
  g_walk = nullptr;
  return std::move(walk.frames);
}

Callers::Unsafe Callers::FindUnsafe(const Tracee& tracee, const Registers& registers,
                                    std::size_t but) {
  const std::tuple place(Machine::Pc(registers), Machine::Sp(registers), but);
  const auto known = modules_->known.find(place);
  if (known != modules_->known.end()) return known->second;
  const auto frames = Stack(tracee, registers, false);
  Unsafe found{.depth = frames.size(), .families = 0, .function = {}};
  for (std::size_t i = 0; i + but < frames.size(); ++i) {
    const std::uint8_t family = FamilyOf(frames[i].function);
    if (family == 0) continue;
    found.families |= family;
    found.function = frames[i].function;
  }
  return modules_->known[place] = found;
}
#else
struct Callers::Modules {};
Callers::Callers(const Tracee&) {}
Callers::~Callers() = default;
std::vector<Frame> Callers::Stack(const Tracee&, const Registers&, bool) { return {}; }
Callers::Unsafe Callers::FindUnsafe(const Tracee&, const Registers&, std::size_t) { return {}; }
#endif

std::string Callers::Source(const Tracee& tracee, const Registers& registers) {
  for (const Frame& frame : Stack(tracee, registers, true)) {
    if (!frame.source.empty()) return frame.source;
  }
  return "";
}

}  // namespace minitalk::explore
