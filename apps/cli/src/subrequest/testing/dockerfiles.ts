/** Dockerfiles that frontends are asked about, by name; with one secret at most, as frontends list them in any order. */
export const DOCKERFILES: Readonly<Record<string, string>> = {
  tidy: 'FROM scratch\nCOPY a /\nCMD ["/a"]\n',
  "one warning": "FROM scratch as only\nCOPY a /\n",
  "many warnings": `# the global argument
ARG BASE=scratch
from $BASE as first
COPY a /
# WHO says who is greeted
ARG WHO=world
ENV KEY value
ARG API_TOKEN
ARG ÜMLAUT=größer
RUN --mount=type=secret,id=key,required --mount=type=ssh \\
  --mount=type=cache,target=/c \\
  echo $WHO $NOBODY
MAINTAINER me
CMD echo hi

# second puts it together
FROM scratch AS second
COPY --from=first /a /a
WORKDIR rel
`,
  "several stages": `# zero comes first
FROM scratch AS zero
# a-rather-long-name is the second
FROM zero AS a-rather-long-name
FROM zero AS bare
FROM bare
COPY a /
RUN --mount=type=secret,id=optional --mount=type=ssh,id=agent,required true
`,
  "unknown instruction": "FROM scratch\nBOGUS x\n",
  "missing argument": "FROM $MISSING\nCOPY . /\n",
  "checks as errors": "# check=error=true\nFROM scratch as x\nCOPY a b\n",
  "checks left out": "# check=skip=all\nFROM scratch as x\nCOPY a b\n",
  "parser's last line": "FROM scratch as x\nCOPY a b\nENV K v",
  "only comments": "# nothing\n",
};
