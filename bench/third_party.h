// Whole programs in the bench: third-party pairs, and ./server and ./client. One repetition: the
// server is started, then the client again and again, as a user does it, and the server's terminal
// is watched for the text.
//
// A message lasts from before the client's fork to the moment when the whole text has appeared, so
// both the client's start-up and the server's writing are in it. It is lost when its client has
// ended, or was ended because nothing happened any more, without the whole text having appeared;
// then only what stood before the first wrong byte counts as arrived, and a fresh server takes the
// next one. What a loss does to the next message is the grader's question.
#pragma once

#include <string>
#include <vector>

#include "bench/trial.h"
#include "core/wire/protocol.h"
#include "pairs/manifest.h"

namespace minitalk {

using ThirdPartyPairs = std::vector<ThirdPartyPair>;

// Reads each of these files; no two may have the same name, nor that of one of `ours` or of a
// carrier. Throws ManifestError.
ThirdPartyPairs ReadManifests(const std::vector<std::string>& paths, ProtocolMenu ours);

// Builds those that have a row; what their builds say goes to standard error. Blocks. Throws
// ManifestError.
void BuildChosen(const ThirdPartyPairs& pairs, const std::vector<PlannedRow>& rows);

// Blocks until everything that was started has ended. Never throws on a failed trial: the sample
// says so. REQUIRES: the pair has been built; condition.external().
Sample RunThirdPartyTrial(const ThirdPartyPair& pair, const Condition& condition,
                          std::uint64_t seed, const TrialLimits& limits);

// What RunProgramTrial needs and cannot run; empty: it can.
std::string MissingProgram();

// The same of ./server and ./client as they stand beside this program, or as they are installed,
// alternately with the reference pair (bench/reference), so that both meet the same machine.
// REQUIRES: MissingProgram() is empty.
Sample RunProgramTrial(const Condition& condition, std::uint64_t seed, const TrialLimits& limits);

}  // namespace minitalk
