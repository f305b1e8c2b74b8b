// In a build for coverage (`make coverage`): a process that ends by _exit keeps its counters too.
// Forked children end so, and in them most conversations run. The linker puts __wrap__exit in the
// place of every call of _exit (--wrap=_exit). Who dies of a signal still keeps none.
extern "C" {

void __gcov_dump();  // libgcov's
[[noreturn]] void __real__exit(int status);

[[noreturn]] void __wrap__exit(int status) {
  __gcov_dump();
  __real__exit(status);
}

}  // extern "C"
