"""M/M/1 at load 0.7 in Debian's SimPy (2.3): the peer of `queue-bench.ts`. Prints one JSON line."""
import json
import random
import sys
import time

from SimPy.Simulation import Process, Resource, Simulation, hold, release, request

CUSTOMERS = int(sys.argv[1])
MEAN_GAP, MEAN_SERVICE = 1.0, 0.7
GENERATOR = random.Random(1)


class Customer(Process):
    def visit(self, server):
        yield request, self, server
        yield hold, self, GENERATOR.expovariate(1 / MEAN_SERVICE)
        yield release, self, server


class Source(Process):
    def generate(self, server):
        for _ in range(CUSTOMERS):
            yield hold, self, GENERATOR.expovariate(1 / MEAN_GAP)
            customer = Customer(sim=self.sim)
            self.sim.activate(customer, customer.visit(server))


simulation = Simulation()
simulation.initialize()
server = Resource(capacity=1, sim=simulation)
source = Source(sim=simulation)
simulation.activate(source, source.generate(server))
events = 0
start = time.perf_counter()
while simulation.has_events():
    simulation.step()
    events += 1
seconds = time.perf_counter() - start
print(json.dumps({"events": events, "seconds": seconds}))
