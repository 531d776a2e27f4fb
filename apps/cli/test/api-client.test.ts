import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ApiClient } from '../src/api-client.js'
import { watch } from '../src/commands/watch.js'
import { recordingTerminal } from './recording-terminal.js'
import { runningApi } from './running-api.js'

const serving = async (answer: RequestListener): Promise<ApiClient> => {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return new ApiClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'x' })
}

describe('what the API answers', () => {
  it('becomes an error with its own code and words when it is a refusal', async () => {
    const { url } = await runningApi()
    const client = new ApiClient({ url, token: 'not-the-token' })

    await expect(client.get('/v1/tasks')).rejects.toMatchObject({ code: 'http.unauthorized', isPassing: false })
  })

  it.each([
    ['text', 'Bad gateway', 502, 'http.502'],
    ['JSON that is no problem document', '"no"', 500, 'http.500'],
    ['nothing', '', 503, 'http.503'],
  ])('becomes an error with its status when it is %s', async (_what, body, status, code) => {
    const client = await serving((_request, response) => response.writeHead(status).end(body))

    await expect(client.get('/')).rejects.toMatchObject({ code, isPassing: status === 503 })
  })

  it('is told from what another server answers', async () => {
    const client = await serving((_request, response) => response.end('<h1>hello</h1>'))

    await expect(client.get('/')).rejects.toMatchObject({ code: 'cli.not_the_api' })
  })
})

describe('an API that does not answer', () => {
  it('is named, with the way out', async () => {
    const client = new ApiClient({ url: 'http://127.0.0.1:1', token: 'x' })

    await expect(client.get('/')).rejects.toMatchObject({
      code: 'cli.unreachable',
      message: expect.stringContaining('npm start'),
    })
  })

  it('is asked again by watch, until the task ends', async () => {
    const task = (state: string) => ({
      id: 't',
      state,
      result: null,
      error: null,
      counts: {},
      progress: { done: 0, total: 1 },
    })
    const answers: RequestListener[] = [
      (_request, response) => response.end(JSON.stringify(task('active'))),
      (request) => request.socket.destroy(),
      (_request, response) => response.writeHead(503).end('{"code":"store.closed"}'),
      (_request, response) => response.end('event: problem\ndata: {"code":"store.closed"}\n\n'),
      (_request, response) => response.end('event: end\ndata: {"state":"completed"}\n\n'),
      (_request, response) => response.end(JSON.stringify(task('completed'))),
    ]
    const client = await serving((request, response) => answers.shift()?.(request, response))
    const terminal = recordingTerminal()

    expect(await watch(client, terminal, 't')).toBe(0)
    expect(answers).toEqual([])
    expect(terminal.lines).toEqual(['active  0/1 items', 'the API went away; asking again', 'completed  0/1 items'])
  })
})
