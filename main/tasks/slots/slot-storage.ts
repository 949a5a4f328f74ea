import { mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { SlotId } from '../../core/task/task.ts'
import { excludeFromBackups } from '../../lib/files/exclude-from-backups.ts'
import type { Volume } from '../../machines/driver.ts'

const gibibyte = 1024 ** 3
/** The most that each volume can hold; the files are sparse, so a fresh one takes no room. */
const volumeBytes = 30 * gibibyte

/** The slot's disk images, made on first use. Blank ones are formatted by the guest, so that any host can make them. */
export async function prepareSlotStorage(
  home: string,
  slot: SlotId,
  exclude = excludeFromBackups,
): Promise<readonly Volume[]> {
  const folder = join(home, 'slots', String(slot))
  const volumes = [
    await makeBlankDisk('nix-store', join(folder, 'nix-store.img')),
    await makeBlankDisk('var', join(folder, 'var', 'var.img')),
    await makeBlankDisk('containers', join(folder, 'container-storage', 'containers.img')),
  ]
  await exclude(folder)
  return volumes
}

/** Makes the image where it is not there yet. */
export async function makeBlankDisk(serial: Volume['serial'], path: string): Promise<Volume> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await using file = await open(path, 'a', 0o600)
  const { size } = await file.stat()
  if (size === 0) await file.truncate(volumeBytes)
  return { serial, path }
}

/** A MAC address of the slot's own, locally administered, so that leases of two guests never meet. */
export const slotMac = (slot: SlotId): string => `02:6d:76:6d:00:${slot.toString(16).padStart(2, '0')}`
