# Every recipe is one command; without `just`, copy it.

# List the recipes
default:
    @just --list

# Build what is released
build:
    cargo build --locked --release

# Start a provider to develop against, with an end-user and two clients (README)
dev *arguments:
    cargo run --release -- dev {{arguments}}

# Print one login through the folders, step by step
walk:
    cargo run --quiet --locked --example walk

# Install what the tests need, then run them all
test:
    tests/run

# Format the code
fmt:
    cargo fmt --all

# Everything that clippy has to say
lint:
    cargo clippy --locked --workspace --all-targets --all-features -- -D warnings

# Dependency rules, sizes, names, attacks
tidy:
    cargo test --locked --test tidy

# Load and physical floor in one run (docs/performance.md)
bench *arguments:
    cargo run --locked --release --package doorward-benchmarks -- {{arguments}}

# Write openapi/openapi.json from the code; a test compares it
openapi:
    cargo run --quiet -- openapi > openapi/openapi.json.new && mv openapi/openapi.json.new openapi/openapi.json

# Write config/schema.json from the code; a test compares it
config-schema:
    cargo run --quiet -- config schema > config/schema.json.new && mv config/schema.json.new config/schema.json

# Lines that the tests reach, over the crates of the product; red below 85 %
coverage *arguments:
    tests/coverage {{arguments}}

# Ask what reads text from outside at random, ten minutes each (tests/fuzz)
fuzz seconds="600" *targets:
    tests/fuzz/run {{seconds}} {{targets}}
