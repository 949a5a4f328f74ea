import { expect, test } from 'vitest'
import { feedSettings } from '../../packaging/release-feed.ts'

test('an app that is packed for a repository of GitHub looks for its releases there, any other one nowhere', () => {
  expect(feedSettings('ada/microvm.orchestrator')).toEqual([
    '-c.publish.provider=github',
    '-c.publish.owner=ada',
    '-c.publish.repo=microvm.orchestrator',
    '-c.extraMetadata.homepage=https://github.com/ada/microvm.orchestrator',
  ])
  expect(feedSettings(undefined)).toEqual([])
  expect(feedSettings('')).toEqual([])
  for (const wrong of ['ada', 'ada/b/c', '-ada/b', 'ada/b c', 'https://github.com/ada/b'])
    expect(() => feedSettings(wrong), wrong).toThrow('OWNER/NAME')
})
