import type { Reach } from '../attack.ts'

const closed = { kind: 'reach', rule: 'the network is closed' } as const

/** Addresses are those of QEMU's own network: 10.0.2.2 is the host there. Nothing of it leaves this machine. */
export const reachAttacks: readonly Reach[] = [
  {
    ...closed,
    name: 'loopback-at-the-gateway',
    tries: "Connects to a service on the host's loopback, by the address of its gateway.",
    probe: 'busybox nc -w 10 10.0.2.2 $HOST_PORT </dev/null',
  },
  {
    ...closed,
    name: 'endpoint-at-the-gateway',
    tries: 'Calls the MCP endpoint of the orchestrator that started it.',
    probe: String.raw`printf 'GET /mcp HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' | busybox nc -w 10 10.0.2.2 $MCP_PORT`,
  },
  {
    ...closed,
    name: 'loopback-through-the-card',
    tries: 'Sends packets for 127.0.0.1 through its network card.',
    probe: `echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet; echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet
      busybox ip addr del 127.0.0.1/8 dev lo; busybox ip route add 127.0.0.1/32 via 10.0.2.2 dev eth0
      busybox nc -w 10 127.0.0.1 $HOST_PORT </dev/null`,
  },
  {
    ...closed,
    name: 'loopback-by-udp',
    tries: "Sends a datagram to a service on the host's loopback.",
    // In the words of TFTP, because that is what a small guest can send.
    probe: 'busybox timeout 10 busybox tftp -g -r x -l /tmp/datagram 10.0.2.2 $UDP_PORT; cat /tmp/datagram',
  },
  {
    ...closed,
    name: 'loopback-by-ipv6',
    tries: "Connects to a service on the host's ::1, by the address of its IPv6 gateway.",
    // A new address is tried out for some seconds before it can be used.
    probe: `busybox ip -6 addr add fec0::15/64 dev eth0
      for second in 1 2 3 4 5 6 7 8 9 10; do grep -q '^fec0.* 80 *eth0' /proc/net/if_inet6 && break; sleep 1; done
      busybox nc -w 10 fec0::2 $IPV6_PORT </dev/null`,
  },
]
