#include "bench/mover.h"

#include "core/wire/bits.h"
#include "core/wire/turn.h"

namespace minitalk {
namespace {

class ProtocolMover final : public Mover {
 public:
  ProtocolMover(KernelLink& link, const ProtocolChoice& choice) : link_(link), choice_(choice) {}

  void Send(std::span<const std::byte> bytes) override {
    const LinkCounters before = link_.counters();
    SendBody(link_, choice_, bytes);
    const LinkCounters after = link_.counters();
    traffic_.to_receiver += after.sent - before.sent - 1;  // without `over`
    traffic_.to_sender += after.received - before.received;
    AwaitVerdict(link_);
  }
  std::size_t Receive(std::span<std::byte> bytes) override {
    return ReceiveBody(link_, choice_, bytes);
  }
  void Answer() override { SendVerdict(link_, Status::kOk); }
  Status status() const override { return link_.status(); }
  Traffic traffic() const override { return traffic_; }

 private:
  KernelLink& link_;
  const ProtocolChoice& choice_;
  Traffic traffic_;
};

class CarrierMover final : public Mover {
 public:
  explicit CarrierMover(Carrier& carrier) : carrier_(carrier) {}

  void Send(std::span<const std::byte> bytes) override {
    Expect(carrier_.Send(bytes) && carrier_.AwaitReply());
  }
  std::size_t Receive(std::span<std::byte> bytes) override {
    return Expect(carrier_.Receive(bytes)) ? BitCount(bytes) : 0;
  }
  void Answer() override { Expect(carrier_.Reply(std::byte{0})); }
  Status status() const override { return status_; }

 private:
  bool Expect(bool success) {
    if (!success) status_ = Status::kPeerDied;
    return success;
  }

  Carrier& carrier_;
  Status status_ = Status::kOk;
};

}  // namespace

std::unique_ptr<Mover> MoverOver(KernelLink& link, const ProtocolChoice& choice) {
  return std::make_unique<ProtocolMover>(link, choice);
}

std::unique_ptr<Mover> MoverOver(Carrier& carrier) {
  return std::make_unique<CarrierMover>(carrier);
}

}  // namespace minitalk
