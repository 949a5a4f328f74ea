import { expect, test } from 'vitest'
import { choiceVariables, modelPattern } from '../../../main/core/task/agent-choice.ts'
import { withModelHint } from '../../../main/core/task/outcome.ts'

test('what is chosen is told by the variables that Claude Code knows, and nothing else is', () => {
  expect(choiceVariables({})).toEqual({})
  expect(choiceVariables({ model: 'opus', effort: 'max' })).toEqual({
    ANTHROPIC_MODEL: 'opus',
    CLAUDE_CODE_EFFORT_LEVEL: 'max',
  })
  const rest = { subagentModel: 'haiku', maxOutputTokens: 32_000, maxThinkingTokens: 1024 }
  expect(choiceVariables(rest)).toEqual({
    CLAUDE_CODE_SUBAGENT_MODEL: 'haiku',
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: '32000',
    MAX_THINKING_TOKENS: '1024',
  })
})

test.each(['opus', 'opus[1m]', 'claude-x-4-5@20260101', 'us.anthropic.claude-x-v1:0', 'arn:aws:bedrock:eu:1:x/y'])(
  '%s may name a model',
  (name) => expect(name).toMatch(modelPattern),
)

test.each(['', '-p', '--help', 'a b', 'a\nB=c', 'a\0', 'x'.repeat(201), '$(id)', 'opus;id'])(
  '%j names no model',
  (name) => expect(name).not.toMatch(modelPattern),
)

test('a model that the API does not know is told as the choice of the task, any other failure is not', () => {
  const message = "Claude failed: the API answered 404. There's an issue with the selected model (nosuch)."
  const unknown = { code: 'agent-failed', message } as const
  expect(withModelHint(unknown, 'nosuch')?.hint).toContain('asked for the model nosuch')
  expect(withModelHint(unknown, undefined)).toBe(unknown)
  expect(withModelHint(unknown, 'opus')).toBe(unknown)
  const other = { code: 'agent-failed', message: 'It talked about nosuch' } as const
  expect(withModelHint(other, 'nosuch')).toBe(other)
  expect(withModelHint({ code: 'silent', message }, 'nosuch')).not.toHaveProperty('hint')
  expect(withModelHint(null, 'nosuch')).toBeNull()
})
