import { expect, test } from 'vitest'
import { advance, noProgress, progressText } from '../../../main/machines/nix-guest/build-progress.ts'

const store = (name: string) => `/nix/store/1vkffc2dqxpd0r3h3qwhg0wnrz4ywqv6-${name}`

test('what nix writes becomes how far it is', () => {
  const told: string[] = []
  let progress = noProgress
  for (const line of [
    "evaluating derivation 'path:/x#packages.aarch64-darwin.manifest'",
    'these 2 derivations will be built:',
    `  ${store('nixos-system-microvm-26.05.drv')}`,
    'these 3 paths will be fetched (12.35 MiB download, 60.97 MiB unpacked):',
    `copying path '${store('linux-6.18.3')}' from 'https://cache.nixos.org'...`,
    `building '${store('nixos-system-microvm-26.05.drv')}' on 'ssh-ng://builder@linux-builder'...`,
    `building '${store('microvm-store-disk.erofs.drv')}'...`,
  ]) {
    progress = advance(progress, line)
    told.push(progressText(progress))
  }
  expect(told).toEqual([
    'reading the flake',
    'built 0 of 2',
    'built 0 of 2',
    'fetched 0 of 3, built 0 of 2',
    'fetched 1 of 3, built 0 of 2',
    'fetched 1 of 3, built 0 of 2, at nixos-system-microvm-26.05',
    'fetched 1 of 3, built 1 of 2, at microvm-store-disk.erofs',
  ])
})

test('a single path and a single derivation count as one', () => {
  const progress = ['this derivation will be built:', 'this path will be fetched (1 MiB download):'].reduce(
    advance,
    noProgress,
  )
  expect(progressText(progress)).toBe('fetched 0 of 1, built 0 of 1')
})
