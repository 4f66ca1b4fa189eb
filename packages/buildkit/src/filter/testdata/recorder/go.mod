module recorder

go 1.23

require github.com/moby/patternmatcher v0.6.1
