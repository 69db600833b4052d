# A run of a night: at full size what an ordinary run takes a sample of.

night() {
  KILLS=1600 FUZZ_S=60
  export OMEET_SEEDS=10000                             # R19: simulated worlds
  export OMEET_CHANGES=10000 OMEET_SENDER_KILLS=50     # R14: the outbox to a faulty ERP
  export OMEET_TIMERS=10000 OMEET_PAUSE_S=30           # R16: timers of three replicas
  export OMEET_SLOTS=200 OMEET_BOOKING_OPERATIONS=100000 # R6, R7: bookings
  export OMEET_SOAK_MIN=30                             # R21: hours of use in short
}
