import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppError } from '../../main/core/failure.ts'
import type { Scene } from '../support/window/window-host.ts'
import { busyScene, idOf } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

useBrowser()

const { snapshot } = busyScene
const listed: Scene = {
  ...busyScene,
  snapshot: {
    ...snapshot,
    settings: { ...snapshot.settings, egress: ['registry.npmjs.org'] },
  },
}

test('the page of a repository says what its tasks reach, and allows a host beside its refusal, with undo', async () => {
  await using window = await openWindow(listed, {}, '#repositories', axe)
  const { page, host } = window
  const refusal = { kind: 'refused', reason: 'not-listed', at: '2026-11-23T10:00:00.000Z', task: idOf(0xa8) } as const
  host.answer('repository', () => ({
    refusals: [
      { ...refusal, host: 'static.crates.io', port: 443, times: 3 },
      { ...refusal, host: 'git.example', port: 9418, times: 1 },
      { ...refusal, host: '10.0.0.7', port: 80, times: 1, reason: 'address-refused' },
    ],
    tasksFolder: '/home/kim/.microvm-orchestrator',
  }))
  host.answer('setEgress', ({ alias, egress }) => {
    const repositories = host.snapshot.repositories.map((it) => (it.alias === alias ? { ...it, egress } : it))
    host.tell({ kind: 'repositories', repositories })
    return {}
  })
  const asked = () => host.asked('setEgress')
  await page.getByRole('button', { name: 'billing-api', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'billing-api' }).waitFor()
  await page.getByText('The settings say: 1 listed host.').waitFor()
  await page.getByRole('list', { name: 'Listed hosts' }).getByText('of the settings').waitFor()
  // What no list can allow has no button.
  await expect
    .poll(() =>
      page
        .getByRole('list', { name: 'Refused lately' })
        .getByRole('button', { name: /^Allow/ })
        .count(),
    )
    .toBe(2)
  await page.getByRole('button', { name: 'Allow This Host static.crates.io' }).click()
  await expect.poll(asked).toEqual([{ alias: 'billing-api', egress: ['registry.npmjs.org', 'static.crates.io'] }])
  await expect.poll(() => page.getByRole('button', { name: 'Allowed static.crates.io' }).isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Allow This Host git.example:9418' }).waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page)).toEqual([])
  }
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(() => host.lastAsked('setEgress')).toEqual({ alias: 'billing-api', egress: null })
  await page.getByLabel('What its tasks reach', { exact: true }).selectOption('closed')
  await expect.poll(() => host.lastAsked('setEgress')).toEqual({ alias: 'billing-api', egress: 'closed' })
  await page.getByRole('textbox', { name: 'Allow a host' }).fill('*.npmjs.org')
  await page.keyboard.press('Enter')
  await expect.poll(() => host.lastAsked('setEgress')).toEqual({ alias: 'billing-api', egress: ['*.npmjs.org'] })
  await page.getByRole('button', { name: 'Take *.npmjs.org off the list' }).click()
  await expect.poll(() => host.lastAsked('setEgress')).toEqual({ alias: 'billing-api', egress: 'closed' })

  host.answer('setEnvironment', ({ environment }) => {
    if (environment.startsWith('~'))
      throw new AppError('environment-invalid', 'There is no flake.nix in /home/kim/flakes')
    return {}
  })
  await page.getByRole('button', { name: 'Change Tools…' }).click()
  const dialog = page.getByRole('dialog', { name: 'What tasks of “billing-api” work in' })
  await dialog.getByRole('combobox', { name: 'Tools' }).selectOption('folder')
  await dialog.getByRole('textbox', { name: 'Folder with a flake' }).fill('~/flakes')
  await page.keyboard.press('Enter')
  await dialog.getByText('There is no flake.nix in /home/kim/flakes').waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await page.screenshot({ path: join(import.meta.dirname, '../screenshots/out/repository-environment.png') })
  await dialog.getByRole('combobox', { name: 'Tools' }).selectOption('plain')
  await page.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await expect.poll(() => host.lastAsked('setEnvironment')).toEqual({ alias: 'billing-api', environment: 'plain' })
  const before = busyScene.snapshot.repositories.find(({ alias }) => alias === 'billing-api')?.environment.kind
  await page.getByRole('button', { name: 'Undo' }).last().click()
  await expect.poll(() => host.lastAsked('setEnvironment')).toEqual({ alias: 'billing-api', environment: before })
  expectNoFaults(window)
})
