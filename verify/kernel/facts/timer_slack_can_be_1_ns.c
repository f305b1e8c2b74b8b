// Sets it, and sets it back.
#include "fact.h"

FACT("PR_SET_TIMERSLACK sets how late a timer may be; 0 sets it back to the default.",
     "The default of 50 us is several round trips of a protocol that paces itself.") {
  const int usual = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  require(usual, "PR_GET_TIMERSLACK");
  require(prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0), "PR_SET_TIMERSLACK");
  expect(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0) == 1, "it is %d ns after it was set to 1",
         prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
  require(prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0), "PR_SET_TIMERSLACK");
  expect(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0) == usual, "it is %d ns and was %d at first",
         prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), usual);
}
