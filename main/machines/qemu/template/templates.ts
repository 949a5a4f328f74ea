import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lockFile } from '../../../lib/files/file-lock.ts'
import { pathExists } from '../../../lib/files/look.ts'
import type { Log } from '../../../lib/log.ts'
import type { Machine, MachineSpec } from '../../driver.ts'
import { required } from '../../host/required.ts'
import type { Architecture } from '../arguments.ts'
import { RestoreError, type StartParts, startMachine } from '../start.ts'
import { makeTemplate, type TemplateParts } from './make-template.ts'
import { openTemplate, type Template, templatesOf } from './template-folder.ts'
import { describeHypervisor, fileFacts, hypervisorKey, templateKey } from './template-key.ts'

/** A template that failed once is made anew; after the second time machines are booted for as long as this process lives. */
const mostFailures = 2

interface Place {
  readonly parent: string
  readonly key: string
  readonly hypervisor: string
}

/** Restores machines from templates of memory, which it makes where they are missing. */
export class Templates {
  readonly #failures = new Map<string, number>()

  /** As `startMachine` does; what goes wrong with a template is logged, and the machine is booted. */
  async start(spec: MachineSpec, parts: StartParts, signal: AbortSignal): Promise<Machine> {
    const template = canRestore(parts) && (await this.#template(spec, parts, signal))
    return (
      (template && (await this.#restored(spec, parts, template, signal))) || (await startMachine(spec, parts, signal))
    )
  }

  async #restored(
    spec: MachineSpec,
    parts: StartParts,
    { place, template }: { readonly place: Place; readonly template: Template },
    signal: AbortSignal,
  ): Promise<Machine | undefined> {
    await using opened = template
    try {
      const machine = await startMachine(spec, { ...parts, template: opened }, signal)
      parts.log.info('machine restored', { template: place.key })
      return machine
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof RestoreError)) throw error // It would not boot either.
      await this.#giveUp(place, error, parts.log)
      return undefined
    }
  }

  /** The template for machines of this kind. Undefined where there is none for now: another process makes it, or it cannot be made. */
  async #template(spec: MachineSpec, parts: StartParts, signal: AbortSignal) {
    const made = templateParts(parts)
    const hypervisor = await describeHypervisor(made.qemu, made.facts)
    const { cpus, memoryMiB } = spec
    const { key: imageKey, kernelParameters, kernel, initrd, root } = parts.image
    const files = await Promise.all([kernel, initrd, root].map(fileFacts))
    const place = {
      parent: templatesOf(parts.image.directory),
      key: templateKey({ image: [imageKey, ...files], hypervisor }, { cpus, memoryMiB, kernelParameters }, made.facts),
      hypervisor: hypervisorKey(hypervisor),
    }
    if ((this.#failures.get(place.key) ?? 0) >= mostFailures) return undefined
    try {
      const template = (await openIn(place)) ?? (await this.#make(spec, made, place, parts.log, signal))
      return template && { place, template }
    } catch (error) {
      signal.throwIfAborted()
      await this.#giveUp(place, error, parts.log)
      return undefined
    }
  }

  /** Undefined while another one makes it: who waits for that could have booted. */
  async #make(spec: MachineSpec, made: TemplateParts, place: Place, log: Log, signal: AbortSignal) {
    const lock = await lockFile(join(place.parent, place.key), 0, signal).catch((error: unknown) => {
      log.info('template of memory is made elsewhere', { template: place.key, error: String(error) })
    })
    if (!lock) return undefined
    await using held = lock
    if (!(await pathExists(join(place.parent, place.key)))) {
      log.info('making a template of memory', { template: place.key })
      await makeTemplate(spec, made, place, signal)
      held.assertHeld()
    }
    return await openIn(place)
  }

  async #giveUp({ parent, key }: Place, error: unknown, log: Log): Promise<void> {
    const failures = (this.#failures.get(key) ?? 0) + 1
    this.#failures.set(key, failures)
    const next =
      failures < mostFailures ? 'made anew for the next machine' : 'not used any more until this program starts again'
    log.warn('template of memory failed: the machine is booted', { template: key, error: String(error), next })
    await rm(join(parent, key), { recursive: true, force: true }).catch((cause: unknown) => {
      log.warn('template of memory cannot be removed', { template: key, error: String(cause) })
    })
  }
}

const openIn = ({ parent, key }: Place) => openTemplate(join(parent, key))

/** Devices are plugged in through ACPI, which a guest on a processor of ARM does not have here. */
export const restores = (architecture: Architecture): boolean => architecture === 'x86_64'

const canRestore = ({ host, image }: StartParts): boolean =>
  restores(host.architecture) && image.waitsAsTemplate === true

function templateParts({
  host,
  image,
  acceleration,
}: StartParts): TemplateParts & { readonly qemu: { build: string } } {
  const qemu = required(host.qemu, 'QEMU')
  return {
    image,
    user: required(host.user, 'The system user that runs virtual machines'),
    qemu,
    facts: { architecture: host.architecture, version: qemu.version, acceleration },
  }
}
