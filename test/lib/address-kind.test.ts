import { expect, test } from 'vitest'
import { type AddressKind, addressKind, ownAddresses } from '../../main/lib/address-kind.ts'

const kinds: Record<AddressKind, readonly string[]> = {
  public: [
    '1.1.1.1',
    '198.18.0.80',
    '172.15.0.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2001:4860:4860::8888',
  ],
  private: [
    ...['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '100.127.255.255'],
    ...['192.0.0.8', '240.0.0.1', 'fd00::1', 'fe80::1'],
  ],
  unusable: [
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '224.0.0.1', '239.255.255.255', '255.255.255.255'],
    ...[
      '::',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:1.1.1.1',
      '::7f00:1',
      'ff02::1',
      '64:ff9b::a00:1',
      '2002:a00:1::',
      '2001:0:1::',
    ],
    ...['fec0::1', 'fe80::1%eth0', '', 'localhost', '1.1.1', '1.1.1.1 '],
  ],
}

test.each(Object.entries(kinds))('an address is %s', (kind, addresses) => {
  expect(addresses.filter((address) => addressKind(address) !== kind)).toEqual([])
})

test("this host's own addresses hold its loopback", () => {
  expect(ownAddresses()).toContain('127.0.0.1')
})
